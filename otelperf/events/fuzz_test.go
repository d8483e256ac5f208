// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

func tenThousandProperties() string {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return `{"name":"a","properties":{` + strings.TrimSuffix(b.String(), ",") + `}}`
}

// hostile bodies are answered with 4xx on every path.
var hostile = []string{
	"", "null", "1", `"a"`, "[]", "{}", "{", "}", `{"name"`, `{"name":}`, `{"name":"a",}`, "\x00", "\xff\xfe", "{\"name\":\"\xff\"}",
	strings.Repeat("[", 60_000), strings.Repeat(`{"a":`, 10_000),
	`{"name":"a","properties":` + strings.Repeat(`{"a":`, 11) + "1" + strings.Repeat("}", 11) + "}",
	`{"name":"a","properties":{"n":1e999}}`,
	`{"name":"a","properties":{"n":-` + strings.Repeat("9", 400) + `}}`,
	`{"name":"a","name":"b"}`,
	`{"name":"a","properties":{"k":1,"k":2}}`,
	`{"name":"a","properties":{"k":1,"\u006b":2}}`,
	`{"name":"a","properties":[1]}`,
	`{"events":[{"name":"a","name":"a"}]}`,
	`{"events":[[]]}`, `{"events":[null]}`, `{"events":null}`, `{"events":[{"type":"web_vital","name":"cls","value":1e308,"id":"a"}]}`,
	`{"events":[{"type":"click","target":""}]}`,
	`{"name":"a","time":1e300}`, `{"name":"a","time":-1}`, `{"name":"a","sent_at":"0000-01-01T00:00:00Z"}`,
	tenThousandProperties(),
}

var paths = []string{"/track", "/batch-track", "/interactions"}

func TestHostileBodiesAre4xx(t *testing.T) {
	tr, rec := newTracker(t, WithHandler(HandlerOptions{Rate: -1}))
	h := tr.Handler()
	for _, body := range hostile {
		for _, path := range paths {
			if w := postJSON(h, path, body); w.Code < 400 || w.Code > 499 {
				t.Errorf("%s %.60q: %d %s", path, body, w.Code, w.Body)
			}
		}
	}
	mustFlush(t, tr)
	if s := tr.Stats(); s.Accepted != 0 || len(s.Names) != 0 || len(s.WebVitals) != 0 || len(rec.all()) != 0 {
		t.Errorf("hostile bodies left %+v", s)
	}
}

func FuzzBodies(f *testing.F) {
	for i, body := range hostile {
		f.Add(byte(i), []byte(body))
	}
	f.Add(byte(0), []byte(`{"name":"a","id":"1","time":1700000000000.5,"session_id":"s","user_id":"u","page":"/a","properties":{"a":[1,2.5,"x",null,{"b":true}],"c":"\ud800"}}`))
	f.Add(byte(1), []byte(batchOf(5, "f")))
	f.Add(byte(2), []byte(`{"sent_at":1,"events":[{"type":"web_vital","name":"cls","value":0.1,"id":"a","delta":0.1},{"type":"page_view","kind":"load"}]}`))
	f.Fuzz(func(t *testing.T, path byte, body []byte) {
		tr, rec := newTracker(t)
		h := tr.Handler()
		w := postJSON(h, paths[int(path)%len(paths)], string(body))
		if w.Code != 202 && (w.Code < 400 || w.Code > 499) {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("answer is not JSON: %s", w.Body)
		}
		if w.Code == 202 && !json.Valid(body) {
			t.Fatalf("took what is not JSON: %q", body)
		}
		mustFlush(t, tr)
		s := tr.Stats()
		conserve(t, s, s.Received)
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("stats: %v", err)
		}
		if _, err := json.Marshal(tr.Recent(-1)); err != nil {
			t.Fatalf("recent: %v", err)
		}
		if got := uint64(len(rec.all())); got != s.Accepted {
			t.Fatalf("emitted %d, accepted %d", got, s.Accepted)
		}
		for e := range tr.recent.newestFirst() {
			if e.size > 2*maxEventSize+entryOverhead+64*(maxProperties+16) {
				t.Fatalf("an event of %d bytes", e.size)
			}
		}
	})
}

// What a jsonReader accepts means the same to encoding/json.
func FuzzReadJSON(f *testing.F) {
	for _, body := range hostile {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"a":[1,-0,2.5e3,true,null,"\u00e9"],"b":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := new(jsonReader).read(body)
		var want any
		if jsonErr := json.Unmarshal(body, &want); err == nil && jsonErr != nil {
			t.Fatalf("accepted %q; encoding/json: %v", body, jsonErr)
		}
		if err == nil && !equal(&n, want) {
			t.Fatalf("%q: %+v, want %v", body, n, want)
		}
	})
}

func equal(n *node, want any) bool {
	switch w := want.(type) {
	case nil:
		return n.kind == kindNull
	case bool:
		return n.kind == kindBool && (n.int == 1) == w
	case string:
		return n.kind == kindText && n.text == w
	case float64:
		return (n.kind == kindInt || n.kind == kindFloat) && (n.float == w || math.Abs(n.float-w) < 1e-15*math.Abs(w))
	case []any:
		if n.kind != kindArray || len(n.items) != len(w) {
			return false
		}
		for i := range w {
			if !equal(&n.items[i], w[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		if n.kind != kindObject || len(n.items) != len(w) {
			return false
		}
		for i := range n.items {
			if v, ok := w[n.items[i].key]; !ok || !equal(&n.items[i], v) {
				return false
			}
		}
		return true
	}
	return false
}
