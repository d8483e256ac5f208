// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// spanOf is n requests around a duration, of which some have failed.
func spanOf(r *rand.Rand, n, failed int, around time.Duration) (s engine.SharedSpan) {
	var h latency.Histogram
	for range n {
		h.Record(time.Duration(float64(around) * math.Exp(.7*r.NormFloat64())))
	}
	s.Outcomes[slowlog.OutcomeOK], s.Outcomes[slowlog.OutcomeServerError] = uint64(n-failed), uint64(failed)
	s.Durations = h.Seal(nil, 2<<10)
	return s
}

// rowOf is an endpoint with n requests a minute.
func rowOf(r *rand.Rand, name conventions.Endpoint, n, failed int, around time.Duration) (row engine.SharedRow) {
	row.Endpoint, row.Phase, row.Errors, row.Traffic = name, baseline.Normal, "normal", "normal"
	row.BaselineP99, row.SlowFrom, row.UsualErrors, row.Needed = 5*around, 500*time.Millisecond, .25, 7
	for i, minutes := range []int{1, 5, 60, 100} {
		row.Windows[i] = spanOf(r, n*minutes, failed*minutes, around)
		row.Windows[i].Impact = float64(i) / 4
	}
	for i := range row.Minutes {
		row.Minutes[i] = spanOf(r, n, failed, around)
	}
	return row
}

func instanceOf(name string, endpoints, n, failed int, around time.Duration) *Instance {
	r := rand.New(rand.NewPCG(uint64(len(name)), uint64(endpoints)))
	in := &Instance{Head: Head{
		Service: "shop", Instance: name, Version: "1.2", Writer: name + "'s", Began: time.Unix(1.7e9, 0).UTC(), Written: time.Unix(1.7e9+6000, 0).UTC(),
		Requests: 100, Slow: 3, Seconds: [4]float64{60, 300, 3600, 6000}, TTL: 30, Status: "ok", Title: "Nothing is wrong",
		Incidents: []json.RawMessage{json.RawMessage(`{"id":"a"}`)},
	}}
	for i := range endpoints {
		in.Rows = append(in.Rows, rowOf(r, conventions.Endpoint{Method: "GET", Route: fmt.Sprintf("/item%03d", i)}, n, failed, around))
	}
	return in
}

func (in *Instance) blob() []byte {
	b, _ := in.Encode()
	return b
}

func TestRoundTrip(t *testing.T) {
	in := instanceOf("a", 3, 20, 2, 10*time.Millisecond)
	in.Rows[1].Minutes[3] = engine.SharedSpan{}
	in.Rows[2].Phase, in.Rows[2].Errors, in.Rows[2].Traffic, in.Rows[2].Coarse, in.Rows[2].Beyond = baseline.Spiking, "failing", "silent", true, time.Second
	out, err := Decode(in.blob())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(out, in) {
		t.Errorf("got  %+v\nwant %+v", out, in)
	}
	in.Rows[0].UsualErrors = math.NaN()
	if out, err = Decode(in.blob()); err != nil || !math.IsNaN(out.Rows[0].UsualErrors) {
		t.Errorf("not known is read as %v, %v", out.Rows[0].UsualErrors, err)
	}
}

// Whatever is too much is left out, least of all what has most requests, and said.
func TestFitsIntoItsBounds(t *testing.T) {
	in := instanceOf("a", 200, 200, 0, 10*time.Millisecond)
	t.Logf("200 endpoints at 200 requests a minute: %d bytes", len(in.blob()))
	for i := range 3000 {
		row := in.Rows[i%200]
		row.Endpoint.Route = strings.Repeat("x", 2000) + fmt.Sprint(i)
		row.Windows[engine.Hour].Outcomes[0] = 0
		in.Rows = append(in.Rows, row)
	}
	for range 60 {
		in.Incidents = append(in.Incidents, json.RawMessage(`"`+strings.Repeat("x", 30_000)+`"`))
	}
	in.Title = strings.Repeat("ü", 5000)
	blob := in.blob()
	out, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	if len(blob) > fleet.MaxBlob || out.RowsLeft == 0 || out.RowsLeft+len(out.Rows) != len(in.Rows) || out.IncidentsLeft+len(out.Incidents) != 61 {
		t.Errorf("%d bytes, %d rows and %d left, %d incidents and %d left", len(blob), len(out.Rows), out.RowsLeft, len(out.Incidents), out.IncidentsLeft)
	}
	for i := range 200 {
		if out.Rows[i].Endpoint.Route != in.Rows[i].Endpoint.Route {
			t.Fatalf("row %d is %q: one with fewer requests is before it", i, out.Rows[i].Endpoint.Route)
		}
	}
}

func TestRefusesWhatIsNoInstance(t *testing.T) {
	good := instanceOf("a", 2, 20, 2, 10*time.Millisecond).blob()
	for name, blob := range map[string][]byte{
		"nothing":     {},
		"cut":         good[:len(good)-9],
		"longer":      append(append([]byte{}, good...), 0),
		"not ours":    []byte("hello, this is a cache entry of somebody else"),
		"one bit off": append(append([]byte{}, good[:200]...), append([]byte{good[200] ^ 4}, good[201:]...)...),
		"newer":       statecodec.Resign(append([]byte("fleT\x02"), good[5:]...)),
		"too large":   make([]byte, fleet.MaxBlob+1),
		"no head":     statecodec.Resign(append([]byte("fleT\x01\x02{}"), good[5:]...)),
	} {
		if in, err := Decode(blob); err == nil {
			t.Errorf("%s is read as %+v", name, in.Head)
		}
	}
	for i := range good {
		bad := append([]byte{}, good...)
		bad[i] ^= 0x55
		if _, err := Decode(bad); err == nil {
			t.Errorf("a change of byte %d is not seen", i)
		}
	}
}

// FuzzDecode reads any bytes with a right checksum: what is accepted is within its bounds, and can be merged and written again.
func FuzzDecode(f *testing.F) {
	f.Add(instanceOf("a", 2, 20, 2, 10*time.Millisecond).blob())
	f.Add(instanceOf("b", 0, 0, 0, 0).blob())
	f.Fuzz(func(t *testing.T, blob []byte) {
		in, err := Decode(statecodec.Resign(blob))
		if err != nil {
			return
		}
		again, err := Decode(in.blob())
		if err != nil || len(again.Rows)+again.RowsLeft != len(in.Rows) {
			t.Fatalf("%d rows become %d, %d left, %v", len(in.Rows), len(again.Rows), again.RowsLeft, err)
		}
		var h latency.Histogram
		var o slowlog.OutcomeCounts
		for i := range in.Rows {
			for k := range in.Rows[i].Windows {
				if !in.Rows[i].Windows[k].Merge(&h, &o) {
					t.Fatal("durations cannot be read")
				}
			}
		}
		if q, ok := h.Quantile(.99); ok && q < 0 {
			t.Fatalf("p99 is %v", q)
		}
	})
}
