// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"
)

func TestAddClampsStrings(t *testing.T) {
	long := strings.Repeat("é", 20_000)
	e := &Entry{
		Method: long, Route: long, Kind: long, Path: long + "\xff", Reason: long, SpikeID: long,
		Error: ErrorInfo{Type: long, Message: long, Stack: long}, Duration: -1, Dimensions: map[string]string{},
	}
	for n := range 50 {
		e.Dimensions[fmt.Sprintf("%02d%s", n, long)] = long
	}
	newStore(t).Add(e)
	for name, c := range map[string]struct {
		got string
		max int
	}{
		"Method": {e.Method, 128}, "Route": {e.Route, 256}, "Kind": {e.Kind, 128}, "Path": {e.Path, 512},
		"Reason": {e.Reason, 128}, "SpikeID": {e.SpikeID, 128},
		"Error.Type": {e.Error.Type, 128}, "Error.Message": {e.Error.Message, 1024}, "Error.Stack": {e.Error.Stack, 16 << 10},
	} {
		if len(c.got) > c.max || len(c.got) < c.max-3 || !utf8.ValidString(c.got) || !strings.HasSuffix(c.got, "…") {
			t.Errorf("%s: %d bytes, valid %t, want at most %d ending in …", name, len(c.got), utf8.ValidString(c.got), c.max)
		}
	}
	if len(e.Dimensions) != 16 || e.Duration != 0 {
		t.Errorf("%d dimensions, duration %v; want 16 and 0", len(e.Dimensions), e.Duration)
	}
}

// A path is a slice of the request line that the client sent; keeping the entry must not keep the line.
func TestAddDoesNotKeepTheRequestLine(t *testing.T) {
	line := "/users/1?" + strings.Repeat("x", 1<<20)
	e := request(1, "/users/{id}", time.Second, ReasonThreshold)
	e.Path = line[:8]
	newStore(t).Add(e)
	if e.Path != "/users/1" || unsafe.StringData(e.Path) == unsafe.StringData(line) {
		t.Errorf("path %q shares the memory of the request line", e.Path)
	}
}

func FuzzClamp(f *testing.F) {
	f.Add("plain", 10)
	f.Add("\xff\xfe\xfd\xfc\xfb", 3)
	f.Add("日本語日本語", 7)
	f.Add("\x80\x80\x80\x80\x80\x80\x80\x80", 4)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = 3 + int(uint(n)%600)
		got := clamp(s, n)
		if len(got) > n || !utf8.ValidString(got) {
			t.Fatalf("clamp(%q, %d) = %q", s, n, got)
		}
		if len(s) <= n && utf8.ValidString(s) && got != s {
			t.Fatalf("clamp changed %q to %q", s, got)
		}
		if again := clamp(got, n); again != got {
			t.Fatalf("clamp of its own result %q is %q", got, again)
		}
	})
}

func TestEntryJSON(t *testing.T) {
	e := Entry{
		TraceID: traceID(0xabc), SpanID: spanID(1), ParentSpanID: spanID(2), Method: "GET", Route: "/a", Kind: "server", Path: "/a",
		Status: 200, Outcome: OutcomeOK, Start: epoch.In(time.FixedZone("x", 3600)), Duration: 601500 * time.Microsecond,
		Threshold: 500 * time.Millisecond, BaselineP99: 42 * time.Millisecond, Ratio: 14.3, Reason: ReasonThreshold,
		SpikeID: "s1", Error: ErrorInfo{Type: "*errors.errorString"}, Sampled: true, Rescued: true,
		Dimensions: map[string]string{"tenant.id": "7"}, Anatomy: &Anatomy{Spans: 1, Root: &Node{Name: "GET /a"}},
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"trace_id":"00000000000000000000000000000abc"`, `"parent_span_id":"0000000000000002"`, `"duration_ms":601.5`,
		`"threshold_ms":500`, `"baseline_p99_ms":42`, `"start":"2026-01-02T03:04:05Z"`, `"status":200`, `"error":{"type":"*errors.errorString"}`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	var back Entry
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	e.Start = epoch
	if !reflect.DeepEqual(back, e) {
		t.Errorf("round trip: got %+v, want %+v", back, e)
	}
}

func TestEntryJSONSaysNullForNoData(t *testing.T) {
	for _, ratio := range []float64{0, math.NaN(), math.Inf(1)} {
		data, err := json.Marshal(&Entry{Start: epoch, Ratio: ratio})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"parent_span_id":null`, `"status":null`, `"threshold_ms":null`, `"baseline_p99_ms":null`, `"ratio":null`} {
			if !strings.Contains(string(data), want) {
				t.Errorf("no %s in %s", want, data)
			}
		}
		var back Entry
		if err := json.Unmarshal(data, &back); err != nil || back.TraceID.IsValid() {
			t.Errorf("reading %s: %v", data, err)
		}
	}
}

func FuzzEntryJSON(f *testing.F) {
	f.Add([]byte(`{"trace_id":"00000000000000000000000000000abc","duration_ms":1e300}`))
	f.Add([]byte(`{"span_id":"zz"}`))
	f.Add([]byte(`{"anatomy":{"root":{"children":[null]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e, again Entry
		if json.Unmarshal(data, &e) != nil {
			return
		}
		out, err := json.Marshal(&e)
		if err != nil {
			if y := e.Start.UTC().Year(); y < 0 || y > 9999 {
				return // JSON has no such year
			}
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out)
		}
	})
}
