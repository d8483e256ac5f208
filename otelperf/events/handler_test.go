// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

func TestHandlerStatuses(t *testing.T) {
	jsonType, origin := "application/json", header("Origin", "https://evil.example")
	many := `{"events":[` + strings.Repeat(`{"name":"a"},`, 100) + `{"name":"a"}]}`
	tests := []struct {
		what, method, path, contentType, body string
		edit                                  func(*http.Request)
		want                                  int
		field                                 string
	}{
		{"track", "POST", "/track", jsonType, `{"name":"a"}`, nil, 202, ""},
		{"sendBeacon", "POST", "/track", "text/plain;charset=UTF-8", `{"name":"a"}`, nil, 202, ""},
		{"prefix with a slash", "POST", "track", jsonType, `{"name":"a"}`, nil, 202, ""},
		{"batch", "POST", "/batch-track", jsonType, `{"events":[{"name":"a"}]}`, nil, 202, ""},
		{"interactions", "POST", "/interactions", jsonType, `{"events":[{"type":"page_view"}]}`, nil, 202, ""},
		{"snippet", "GET", "/track.js", "", "", nil, 200, ""},
		{"snippet's head", "HEAD", "/track.js", "", "", nil, 200, ""},
		{"unknown path", "POST", "/tracks", jsonType, `{"name":"a"}`, nil, 404, ""},
		{"subtree", "POST", "/track/", jsonType, `{"name":"a"}`, nil, 404, ""},
		{"GET track", "GET", "/track", "", "", nil, 405, ""},
		{"PUT batch", "PUT", "/batch-track", jsonType, `{}`, nil, 405, ""},
		{"POST snippet", "POST", "/track.js", jsonType, `{}`, nil, 405, ""},
		{"form", "POST", "/track", "application/x-www-form-urlencoded", "name=a", nil, 415, "Content-Type"},
		{"no type", "POST", "/track", "", `{"name":"a"}`, nil, 415, "Content-Type"},
		{"other charset", "POST", "/track", "text/plain; charset=utf-16", `{"name":"a"}`, nil, 415, "Content-Type"},
		{"compressed", "POST", "/track", jsonType, `{"name":"a"}`, header("Content-Encoding", "gzip"), 415, "Content-Type"},
		{"too large", "POST", "/track", jsonType, `{"name":"` + strings.Repeat("a", 64<<10) + `"}`, nil, 413, ""},
		{"too large, length unknown", "POST", "/track", jsonType, strings.Repeat(" ", 64<<10) + "{}", func(r *http.Request) { r.ContentLength = -1 }, 413, ""},
		{"too many", "POST", "/batch-track", jsonType, many, nil, 413, "events"},
		{"empty body", "POST", "/track", jsonType, "", nil, 400, ""},
		{"not JSON", "POST", "/track", jsonType, "name=a", nil, 400, ""},
		{"two values", "POST", "/track", jsonType, `{"name":"a"}{"name":"b"}`, nil, 400, ""},
		{"array", "POST", "/track", jsonType, `["a"]`, nil, 400, ""},
		{"no events", "POST", "/batch-track", jsonType, `{}`, nil, 400, "events"},
		{"events no array", "POST", "/batch-track", jsonType, `{"events":{}}`, nil, 400, "events"},
		{"every item refused", "POST", "/batch-track", jsonType, `{"events":[1,{"name":"A"}]}`, nil, 400, "events"},
		{"bad name", "POST", "/track", jsonType, `{"name":"Add To Cart"}`, nil, 400, "name"},
		{"name of another type", "POST", "/track", jsonType, `{"name":1}`, nil, 400, "name"},
		{"our name", "POST", "/track", jsonType, `{"name":"otelperf.request"}`, nil, 400, "name"},
		{"our other name", "POST", "/track", jsonType, `{"name":"exception"}`, nil, 400, "name"},
		{"unknown field", "POST", "/track", jsonType, `{"name":"a","props":{}}`, nil, 400, ""},
		{"bad time", "POST", "/track", jsonType, `{"name":"a","time":"yesterday"}`, nil, 400, "time"},
		{"bad sent_at", "POST", "/track", jsonType, `{"name":"a","sent_at":-1}`, nil, 400, "sent_at"},
		{"bad traceparent", "POST", "/track", jsonType, `{"name":"a","traceparent":"00-0-0-0"}`, nil, 400, "traceparent"},
		{"URL as page", "POST", "/track", jsonType, `{"name":"a","page":"https://shop.example/users/7?x=1"}`, nil, 400, "page"},
		{"unknown interaction", "POST", "/interactions", jsonType, `{"events":[{"type":"scroll"}]}`, nil, 400, "events"},
		{"vital without id", "POST", "/interactions", jsonType, `{"events":[{"type":"web_vital","name":"lcp","value":1}]}`, nil, 400, "events"},
		{"unknown vital", "POST", "/interactions", jsonType, `{"events":[{"type":"web_vital","name":"xyz","value":1,"id":"i"}]}`, nil, 400, "events"},
		{"negative vital", "POST", "/interactions", jsonType, `{"events":[{"type":"web_vital","name":"lcp","value":-1,"id":"i"}]}`, nil, 400, "events"},
		{"other origin", "POST", "/track", "text/plain", `{"name":"a"}`, origin, 403, ""},
		{"other site", "POST", "/track", "text/plain", `{"name":"a"}`, header("Sec-Fetch-Site", "cross-site"), 403, ""},
		{"own origin", "POST", "/track", "text/plain", `{"name":"a"}`, header("Origin", "http://shop.example"), 202, ""},
		{"preflight of another origin", "OPTIONS", "/track", "", "", origin, 403, ""},
	}
	tr, _ := newTracker(t, WithHandler(HandlerOptions{Rate: -1}))
	h := tr.Handler()
	want := map[string]uint64{}
	for _, tt := range tests {
		edits := []func(*http.Request){}
		if tt.edit != nil {
			edits = append(edits, tt.edit)
		}
		path := "/" + strings.TrimPrefix(tt.path, "/")
		if path != tt.path {
			edits = append(edits, func(r *http.Request) { r.URL.Path = tt.path })
		}
		w := send(h, tt.method, path, tt.contentType, tt.body, edits...)
		if w.Code != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.what, w.Code, tt.want, w.Body)
			continue
		}
		if w.Code < 400 {
			continue
		}
		want[fmt.Sprint(w.Code)]++
		var p problem.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Errorf("%s: %v", tt.what, err)
		}
		if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" || p.Status != tt.want || p.Type != "about:blank" || p.Title == "" || p.Field != tt.field {
			t.Errorf("%s: %s %s, want field %q", tt.what, ct, w.Body, tt.field)
		}
		if w.Code == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s: no Allow header", tt.what)
		}
	}
	s := tr.Stats()
	if got := s.HTTP; got.Requests != uint64(len(tests)) || fmt.Sprint(got.RefusedBy) != fmt.Sprint(want) {
		t.Errorf("requests %+v, want %d refused by %v", got, len(tests), want)
	}
	conserve(t, s, s.Received)
}

func TestBatchSaysPerItem(t *testing.T) {
	tr, rec := newTracker(t, WithHandler(HandlerOptions{AllowNames: []string{"a", "b"}}))
	h := tr.Handler()
	w := postJSON(h, "/batch-track", `{"session_id":"s1","page":"/p/{id}","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","events":[
		{"name":"a","id":"1","properties":{"n":1,"f":1.5,"s":"x","b":true,"z":null,"l":["p","q"],"m":{"k":[1,"2"]}}},
		{"name":"a","id":"1"},
		{"name":"c"},
		{"name":"b","session_id":"s2","page":"/q","properties":{"a":{"b":{"c":{"d":{"e":1}}}}}},
		{"name":"b","session_id":"s2","page":"/q"}]}`)
	var got BatchResult
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 202 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if got.Accepted != 2 || got.Refused != 2 || got.Dropped != 1 {
		t.Errorf("counts %s", w.Body)
	}
	for i, want := range []string{"accepted ", "dropped duplicate", "refused not_allowed", "refused depth", "accepted "} {
		if r := got.Items[i]; r.Status+" "+r.Reason != want || r.Status == "refused" && r.Detail == "" {
			t.Errorf("item %d: %+v, want %s", i, r, want)
		}
	}
	mustFlush(t, tr)
	all := rec.all()
	a, b := all[0].attrs(), all[1].attrs()
	if a["n"].AsInt64() != 1 || a["f"].AsFloat64() != 1.5 || a["s"].AsString() != "x" || !a["b"].AsBool() ||
		len(a["l"].AsStringSlice()) != 2 || a["m"].AsMap()[0].Value.AsSlice()[1].AsString() != "2" {
		t.Errorf("properties %v", a)
	}
	if a[keySession].AsString() != "s1" || a[keyTemplate].AsString() != "/p/{id}" || a[keySource].AsString() != sourceBrowser ||
		b[keySession].AsString() != "s2" || b[keyTemplate].AsString() != "/q" {
		t.Errorf("shared fields: %v, %v", a, b)
	}
	if got := all[0].span.TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" || !all[0].span.IsRemote() {
		t.Errorf("trace %s, want the page's", got)
	}
}

func TestInteractions(t *testing.T) {
	tr, rec := newTracker(t)
	h := tr.Handler()
	vital := `{"type":"web_vital","name":"LCP","value":2600,"delta":100,"id":"v1","rating":"good","navigation_type":"navigate","page":"/a"}`
	w := postJSON(h, "/interactions", `{"session_id":"s1","events":[{"type":"page_view","kind":"load","page":"/a"},{"type":"click","target":"buy"},`+vital+`,`+vital+`]}`)
	if w.Code != 202 || !strings.Contains(w.Body.String(), `"accepted":3`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	mustFlush(t, tr)
	all := rec.all()
	a := all[2].attrs()
	if all[0].EventName() != namePageView || all[1].EventName() != nameClick || all[1].attrs()[keyClickTarget].AsString() != "buy" || all[2].EventName() != nameWebVital {
		t.Errorf("names %s %s %s", all[0].EventName(), all[1].EventName(), all[2].EventName())
	}
	if a[keyVitalName].AsString() != "lcp" || a[keyVitalValue].AsFloat64() != 2600 || a[keyVitalDelta].AsFloat64() != 100 ||
		a[keyVitalID].AsString() != "v1" || a[keyVitalRating].AsString() != "needs-improvement" || len(all[2].Body().AsMap()) != 4 {
		t.Errorf("web vital %v, body %v", a, all[2].Body())
	}
	v := tr.Stats().WebVitals
	if len(v) != 1 || v[0].Page != "/a" || v[0].Count != 1 || v[0].Good != 2500 || v[0].Poor != 4000 || v[0].Rating != "needs-improvement" {
		t.Errorf("stats %+v", v)
	}
}

func TestCORS(t *testing.T) {
	tr, _ := newTracker(t, WithHandler(HandlerOptions{AllowedOrigins: []string{"https://app.example"}}))
	shop := header("Origin", "https://app.example")
	h := tr.Handler()
	w := send(h, "OPTIONS", "/track", "", "", shop, header("Access-Control-Request-Method", "POST"))
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" || w.Header().Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("preflight %d %v", w.Code, w.Header())
	}
	w = send(h, "POST", "/track", "application/json", `{"name":"a"}`, shop, header("Sec-Fetch-Site", "cross-site"))
	if w.Code != 202 || w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" || w.Header().Get("Vary") != "Origin" ||
		w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("post %d %v", w.Code, w.Header())
	}
	w = send(h, "POST", "/track", "text/plain", `{"name":"a"}`, header("Origin", "https://app.example.evil"))
	if w.Code != 403 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another origin: %d %v", w.Code, w.Header())
	}
	all, _ := newTracker(t, WithHandler(HandlerOptions{AllowedOrigins: []string{"*"}}))
	if w = send(all.Handler(), "POST", "/track", "text/plain", `{"name":"a"}`, header("Origin", "https://x.example")); w.Code != 202 {
		t.Errorf("* and %d", w.Code)
	}
}

func TestMountedBelowPrefix(t *testing.T) {
	tr, _ := newTracker(t)
	mux := http.NewServeMux()
	mux.Handle("/t/", http.StripPrefix("/t", tr.Handler()))
	if w := postJSON(mux, "/t/track", `{"name":"a"}`); w.Code != 202 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := send(mux, "GET", "/t/track.js", "", ""); w.Code != 200 || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _ := newTracker(t, WithHandler(HandlerOptions{Rate: 10, Burst: 20}))
		h := tr.Handler()
		w := postJSON(h, "/batch-track", batchOf(50, "x"))
		if w.Code != 202 || !strings.Contains(w.Body.String(), `"accepted":20`) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		w = postJSON(h, "/batch-track", batchOf(50, "y"))
		if w.Code != 429 || w.Header().Get("Retry-After") != "1" {
			t.Errorf("with an empty bucket: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
		other := send(h, "POST", "/track", "application/json", `{"name":"a"}`, func(r *http.Request) { r.RemoteAddr = "192.0.2.78:1" })
		if other.Code != 202 {
			t.Errorf("another client: %d", other.Code)
		}
		time.Sleep(time.Second)
		if w = postJSON(h, "/track", `{"name":"a"}`); w.Code != 202 {
			t.Errorf("a second later: %d", w.Code)
		}
		s := tr.Stats()
		conserve(t, s, 52)
		if s.DroppedBy["rate_limited"] != 30 || s.HTTP.RefusedBy["429"] != 1 {
			t.Errorf("dropped %v, refused requests %v", s.DroppedBy, s.HTTP.RefusedBy)
		}
	})
}

func TestClientTableIsBounded(t *testing.T) {
	c := newClientLimits(1, 1, 100)
	for i := range 1000 {
		c.get(fmt.Sprint("client", i))
	}
	if len(c.byKey) != 100 || c.lastUse.Len() != 100 {
		t.Errorf("%d clients are remembered, want 100", len(c.byKey))
	}
	if first := c.get("client999"); c.get("client999") != first {
		t.Error("a client's bucket changed")
	}
}

func TestPeerAddress(t *testing.T) {
	for _, tt := range []struct{ remote, want string }{
		{"192.0.2.1:80", "192.0.2.1"},
		{"[2001:db8:1:2:3:4:5:6]:80", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.1]:80", "192.0.2.1"},
		{"[fe80::1%eth0]:80", "fe80::/64"},
		{"@", "@"},
		{"", ""},
	} {
		if got := peerAddress(&http.Request{RemoteAddr: tt.remote}); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.remote, got, tt.want)
		}
	}
}

func TestClientClock(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var none time.Time
	tests := []struct {
		what        string
		event, sent time.Time
		want        time.Time
		flag        string
		skew        time.Duration
	}{
		{"no time", none, none, now, "", 0},
		{"right clock", now.Add(-5 * time.Second), now.Add(-time.Second), now.Add(-5 * time.Second), "", 0},
		{"an hour fast", now.Add(time.Hour - 5*time.Second), now.Add(time.Hour), now.Add(-5 * time.Second), "corrected", -time.Hour},
		{"ten years slow", now.AddDate(-10, 0, 0), now.AddDate(-10, 0, 0), now, "corrected", now.Sub(now.AddDate(-10, 0, 0))},
		{"future, nothing to correct by", now.Add(time.Minute), none, now, "future", 0},
		{"after it was sent", now.Add(time.Hour), now, now, "future", 0},
		{"two days old", now.Add(-48 * time.Hour), now, now, "too_old", 0},
		{"offline for an hour", now.Add(-time.Hour), now, now.Add(-time.Hour), "", 0},
		{"both ends of time", time.Unix(0, 0), time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC), now, "too_old", now.Sub(time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC))},
	}
	for _, tt := range tests {
		if got := readClock(tt.event, tt.sent, now); !got.time.Equal(tt.want) || got.flag != tt.flag || got.skew != tt.skew {
			t.Errorf("%s: %v %q %v, want %v %q %v", tt.what, got.time, got.flag, got.skew, tt.want, tt.flag, tt.skew)
		}
	}
}

func TestSkewIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, rec := newTracker(t)
		now := time.Now()
		sent := now.Add(time.Hour)
		body := fmt.Sprintf(`{"name":"a","time":%d,"sent_at":%q}`, sent.Add(-time.Second).UnixMilli(), sent.Format(time.RFC3339Nano))
		if w := postJSON(tr.Handler(), "/track", body); w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		mustFlush(t, tr)
		r := rec.all()[0]
		if a := r.attrs(); a[keyClock].AsString() != "corrected" || a[keyClockSkew].AsFloat64() != -3600 {
			t.Errorf("attributes %v", a)
		}
		if want := now.Add(-time.Second); !r.Timestamp().Equal(want) {
			t.Errorf("corrected to %v, want %v", r.Timestamp(), want)
		}
	})
}

// deadlineWriter is a writer whose connection can time out.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *deadlineWriter) SetReadDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

func TestSlowBodiesTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _ := newTracker(t)
		h := tr.Handler()
		for _, tt := range []struct {
			server *http.Server
			want   time.Time
		}{
			{&http.Server{}, time.Now().Add(bodyTimeout)},
			{&http.Server{ReadTimeout: time.Second}, time.Time{}}, // the server's own stays in force
		} {
			r := httptest.NewRequest("POST", "/track", strings.NewReader(`{"name":"a"}`))
			r = r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, tt.server))
			r.Header.Set("Content-Type", "application/json")
			w := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
			h.ServeHTTP(w, r)
			if w.Code != 202 || !w.deadline.Equal(tt.want) {
				t.Errorf("ReadTimeout %v: %d, deadline %v, want %v", tt.server.ReadTimeout, w.Code, w.deadline, tt.want)
			}
		}
	})
}

func TestNewTrackerIsSmall(t *testing.T) {
	before := heap()
	_, _ = newTracker(t)
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("a new Tracker takes %d KiB, want less than 1 MiB", grown>>10)
	}
}
