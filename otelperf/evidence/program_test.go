// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/site"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// long is how long whatever keeps requests waiting does so: a multiple of what a busy machine adds.
const long = 200 * time.Millisecond

// program is a service whose requests are goroutines of a test.
type program struct {
	tb    testing.TB
	marks marks
	ids   atomic.Uint64
	all   sync.WaitGroup
}

// serve runs a request on the goroutine at hand.
func (p *program) serve(endpoint string, slow bool, handler func()) {
	start := time.Now()
	handler()
	p.end(endpoint, slow, start)
}

// end marks the end of a request.
func (p *program) end(endpoint string, slow bool, start time.Time) {
	var id trace.SpanID
	binary.BigEndian.PutUint64(id[:], p.ids.Add(1))
	method, route, _ := strings.Cut(endpoint, " ")
	p.marks.mark(id, conventions.Endpoint{Method: method, Route: route}, time.Since(start), slow)
}

// request runs a request on a goroutine of its own.
func (p *program) request(endpoint string, slow bool, handler func()) {
	p.all.Go(func() { p.serve(endpoint, slow, handler) })
}

// normal runs a few normal requests, one after the other.
func (p *program) normal(endpoint string, handler func()) {
	for range 6 {
		p.serve(endpoint, false, handler)
	}
}

// slow runs several slow requests at the same time.
func (p *program) slow(endpoint string, handler func()) {
	for range 8 {
		p.request(endpoint, true, handler)
	}
}

// raw records a program with the runtime's flight recorder.
func raw(tb testing.TB, run func(p *program)) []byte {
	tb.Helper()
	p := &program{tb: tb}
	p.marks.enough = make(chan struct{}, 1)
	f := newFlight()
	if err := f.Start(); err != nil {
		tb.Fatal(err)
	}
	defer f.Stop()
	run(p)
	p.all.Wait()
	trace, err := snapshot(f)
	if err != nil {
		tb.Fatal(err)
	}
	return trace
}

// found reads a trace.
func found(tb testing.TB, trace []byte) *causes.Recording {
	tb.Helper()
	r := &causes.Recording{}
	trace, err := shorten(trace, r)
	if err != nil {
		tb.Fatal(err)
	}
	if err := analyse(trace, []string{site.MainModule()}, r, func() error { return nil }); err != nil {
		tb.Fatal(err)
	}
	return r
}

// want is what the first cause is to say. An empty field may be anything; places are functions.
type want struct {
	state     causes.State
	line, who string
	what      causes.State
	where     string
	sentence  string // a part of it
	share     float64
	explained float64
}

const victim = "GET /cart"

// check compares the first cause of the victim with what it is to be.
func check(t *testing.T, r *causes.Recording, w want) causes.Cause {
	t.Helper()
	e := endpoint(t, r, victim)
	all := e.Causes
	if len(all) == 0 {
		t.Fatalf("no cause was named; slow %d, normal %d, explained %.2f, parts %+v", e.Slow, e.Normal, e.Explained, e.Requests[0].Parts)
	}
	c := all[0]
	t.Log(c.Sentence())
	if w.share == 0 {
		w.share = 0.5
	}
	if w.explained == 0 {
		w.explained = 0.9
	}
	if c.State != w.state || w.what != "" && c.What != w.what || w.who != "" && c.Who != w.who || !strings.Contains(c.Line.Func, w.line) || !strings.Contains(c.Where.Func, w.where) {
		t.Errorf("the first cause is %+v, want %+v", c, w)
	}
	if c.Share < w.share {
		t.Errorf("its share is %.2f, want at least %.2f", c.Share, w.share)
	}
	if e.Explained < w.explained {
		t.Errorf("explained is %.2f, want at least %.2f", e.Explained, w.explained)
	}
	if !strings.Contains(c.Sentence(), w.sentence) {
		t.Errorf("sentence %q, want %q in it", c.Sentence(), w.sentence)
	}
	if t.Failed() {
		for _, p := range e.Requests[0].Parts {
			t.Logf("%v of %v: %+v", time.Duration(p.Nanos), time.Duration(e.Requests[0].Nanos), p.Reason)
		}
	}
	return c
}

// stateShare is the share that a state has of the time of the victim's slow requests.
func stateShare(r *causes.Recording, s causes.State) float64 {
	var sum, all int64
	for _, e := range r.Endpoints {
		for _, q := range e.Requests {
			if e.Name != victim {
				break
			}
			all += q.Nanos
			for _, p := range q.Parts {
				if p.State == s {
					sum += p.Nanos
				}
			}
		}
	}
	return float64(sum) / float64(max(all, 1))
}

func endpoint(tb testing.TB, r *causes.Recording, name string) causes.Endpoint {
	tb.Helper()
	for _, e := range r.Endpoints {
		if e.Name == name {
			return e
		}
	}
	tb.Fatalf("%s is not among %d endpoints; %d requests, cut %v", name, len(r.Endpoints), r.Requests, r.Cut)
	return causes.Endpoint{}
}
