// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// script is a recorder that takes two seconds and finds what it is told to: the runtime's cannot be started in a bubble.
type script struct {
	mu      sync.Mutex
	faults  error
	status  causes.RecorderStatus
	mark    func(func(trace.SpanID, conventions.Endpoint, time.Duration, bool))
	slow    int                              // how many slow requests were marked in the one at hand
	found   func(slow int) []causes.Endpoint // in a recording with so many
	asked   []string                         // the reasons, in order
	lengths []time.Duration                  // how long slow requests are
	takes   time.Duration
	refuse  error              // what Arm and Record return
	list    []causes.Recording // newest first
	closed  bool               //
	gone    bool
	halts   chan struct{}  // closed: the recording at hand is cancelled
	marks   map[string]int // by endpoint
	last    trace.SpanID   // that was slow
}

func newScript(found func(slow int) []causes.Endpoint) *script {
	return &script{found: found, takes: 2 * time.Second, status: causes.RecorderStatus{State: causes.RecorderOff}, marks: map[string]int{}}
}

// always finds the same, whatever was slow.
func always(endpoint string, slow int, all ...causes.Cause) func(int) []causes.Endpoint {
	return func(int) []causes.Endpoint { return []causes.Endpoint{{Name: endpoint, Slow: slow, Causes: all}} }
}

func (s *script) Err() error { return s.faults }

func (s *script) Start(setMark func(func(trace.SpanID, conventions.Endpoint, time.Duration, bool))) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mark != nil {
		return errors.New("started twice")
	}
	s.mark, s.status.State = setMark, causes.RecorderIdle
	return nil
}

func (s *script) Arm(reason string, slow time.Duration) error {
	s.mu.Lock()
	s.lengths = append(s.lengths, slow)
	s.mu.Unlock()
	return s.Record(reason, s.takes)
}

func (s *script) Record(reason string, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	if s.status.State != causes.RecorderIdle {
		return causes.ErrBusy
	}
	s.asked = append(s.asked, reason)
	s.status.State, s.status.Reason, s.slow, s.halts = causes.RecorderRecording, reason, 0, make(chan struct{})
	s.mark(func(span trace.SpanID, ep conventions.Endpoint, _ time.Duration, slow bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.marks[ep.String()]++; slow {
			s.slow, s.last = s.slow+1, span
		}
	})
	begin := time.Now()
	go func() {
		select {
		case <-s.halts:
		case <-time.After(d):
		}
		s.mark(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.status.State, s.status.Reason = causes.RecorderIdle, ""
		if s.closed || s.slow == 0 {
			s.status.Discarded++
			return
		}
		s.status.Recordings++
		s.list = append([]causes.Recording{{
			ID: s.status.Recordings, Reason: reason, Start: begin, End: time.Now(), Slow: s.slow, Endpoints: s.found(s.slow),
		}}, s.list...)
	}()
	return nil
}

func (s *script) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.halts)
}

func (s *script) Status() causes.RecorderStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *script) Recordings() []causes.Recording {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *script) Trace(id uint64) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil
	}
	return fmt.Appendf(nil, "go 1.26 trace %d", id)
}

// forget lets the traces go.
func (s *script) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
}

func (s *script) Shutdown(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.status.State = true, causes.RecorderOff
	return nil
}

// armed are the reasons so far.
func (s *script) armed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

var lock = causes.Cause{Reason: causes.Reason{State: causes.Lock}, Share: 0.9}

// TestRecordingOfASpike: it begins before the alarm, its slow requests are marked as such, and the spike remembers it.
func TestRecordingOfASpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(always("GET /a", 8, lock))
		s := newBubble(t, "1.0", everybody, otelperf.WithEvidence(r))
		defer func() { _ = s.mon.Shutdown(t.Context()) }()
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a", "/b")
		if n := len(r.armed()); n != 0 {
			t.Fatalf("%d recordings while all is well: %q", n, r.armed())
		}
		from := time.Now()
		s.run(40*time.Second, 10, 75*time.Millisecond, "/a")
		asked, list := r.armed(), r.Recordings()
		if len(asked) != 1 || len(list) != 1 {
			t.Fatalf("asked %q, made %d; want one, which names a cause", asked, len(list))
		}
		t.Logf("%v after the start: %s", list[0].Start.Sub(from), asked[0])
		told := s.spikes()
		if len(told) == 0 || !list[0].Start.Before(told[0].At) || list[0].End.Sub(from) > 10*time.Second {
			t.Errorf("the recording is of %v to %v; the spike began at %v and was known at %v", list[0].Start, list[0].End, from, told[0].At)
		}
		if list[0].Slow < 5 || r.marks["GET /a"] < list[0].Slow {
			t.Errorf("%d slow requests of %v were marked", list[0].Slow, r.marks)
		}
		if got := r.lengths[0]; got < 60*time.Millisecond || got > 120*time.Millisecond {
			t.Errorf("slow requests are said to take %v, they take about 100 ms", got)
		}
		if ids := listOf(answer(t, s.mon.Handler(), "/spikes"), "spikes")[0]["recordings"].([]any); len(ids) != 1 || ids[0] != 1.0 {
			t.Errorf("the spike has the recordings %v", ids)
		}
	})
}

// TestAnotherRecordingIfNoCauseWasFound, and not a third one, until the spike has grown.
func TestAnotherRecordingIfNoCauseWasFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(always("GET /a", 8))
		s := newBubble(t, "1.0", everybody, otelperf.WithEvidence(r))
		defer func() { _ = s.mon.Shutdown(t.Context()) }()
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		s.run(60*time.Second, 10, 75*time.Millisecond, "/a")
		if got := r.armed(); len(got) != 2 || !strings.HasPrefix(got[1], "spike ") {
			t.Fatalf("asked %q, want two", got)
		}
		s.run(2*time.Minute, 10, 400*time.Millisecond, "/a")
		if got := r.armed(); len(got) != 3 {
			t.Errorf("when it has grown: asked %q, want three", got)
		}
		spike := listOf(answer(t, s.mon.Handler(), "/spikes"), "spikes")[0]
		if ids := spike["recordings"].([]any); len(ids) != 3 {
			t.Errorf("the spike has the recordings %v", ids)
		}
	})
}

// TestFewSlowRequestsOfASpike: a recording with fewer than five of its own is no answer, however many others were in it.
func TestFewSlowRequestsOfASpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(func(int) []causes.Endpoint {
			return []causes.Endpoint{{Name: "GET /other", Slow: 50, Causes: []causes.Cause{lock}}, {Name: "GET /a", Slow: 4}}
		})
		s := newBubble(t, "1.0", otelperf.WithEvidence(r))
		defer func() { _ = s.mon.Shutdown(t.Context()) }()
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		s.run(3*time.Minute, 10, 75*time.Millisecond, "/a")
		if got := r.armed(); len(got) != 3 {
			t.Errorf("asked %q, want three, and no more", got)
		}
	})
}

// TestNothingIsSlowAnyMore: the recording ends before its time.
func TestNothingIsSlowAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(always("GET /a", 8))
		r.takes = 10 * time.Minute
		s := newBubble(t, "1.0", otelperf.WithEvidence(r))
		defer func() { _ = s.mon.Shutdown(t.Context()) }()
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		for i := 0; r.Status().State != causes.RecorderRecording && i < 30; i++ {
			s.run(time.Second, 10, 60*time.Millisecond, "/a")
		}
		began := time.Now()
		for r.Status().State == causes.RecorderRecording && time.Since(began) < 10*time.Minute {
			s.run(time.Second, 10, 20*time.Millisecond, "/a")
		}
		if took := time.Since(began); took < 2*time.Second || took > 5*time.Minute {
			t.Errorf("it ended after %v", took)
		}
	})
}

// TestRecorderThatRefuses is asked again when it says so, and the spike goes on without.
func TestRecorderThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(always("GET /a", 8, lock))
		r.refuse = causes.ErrLimit
		r.status.NotBefore = time.Now().Add(10*time.Minute + 30*time.Second)
		s := newBubble(t, "1.0", everybody, otelperf.WithEvidence(r))
		defer func() { _ = s.mon.Shutdown(t.Context()) }()
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		s.run(20*time.Second, 10, 75*time.Millisecond, "/a")
		if n := len(r.lengths); n != 0 || len(s.spikes()) != 1 {
			t.Errorf("asked %d times before it may be, %d spikes", n, len(s.spikes()))
		}
		r.mu.Lock()
		r.refuse = nil
		r.mu.Unlock()
		s.run(20*time.Second, 10, 75*time.Millisecond, "/a")
		if got := r.armed(); len(got) != 1 {
			t.Errorf("asked %q, want one", got)
		}
	})
}

// TestRecorderOfTwoMonitors is refused by the second one, whose own faults are reported with it.
func TestRecorderOfTwoMonitors(t *testing.T) {
	r := newScript(always("GET /a", 8))
	first, err := otelperf.New(otelperf.WithEvidence(r))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Shutdown(t.Context()) }()
	if _, err := otelperf.New(otelperf.WithEvidence(r)); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), "started twice") {
		t.Errorf("got %v, want ErrConfig", err)
	}
	r.faults = errors.Join(errors.New("Limits.CPUShare is 7"), errors.New("option 2 is nil"))
	_, err = otelperf.New(otelperf.WithEvidence(r), otelperf.WithEvidence(nil), otelperf.WithMaxEndpoints(-1))
	for _, part := range []string{"CPUShare is 7", "option 2 is nil", "evidence recorder is nil", "max endpoints"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %v", part, err)
		}
	}
	if _, err := otelperf.New(otelperf.WithEvidence((*script)(nil))); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), "evidence recorder is nil") {
		t.Errorf("of a nil pointer: %v, want ErrConfig", err)
	}
}

// TestShutdownEndsTheRecorder, and nothing is asked of it afterwards.
func TestShutdownEndsTheRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newScript(always("GET /a", 8, lock))
		s := newBubble(t, "1.0", otelperf.WithEvidence(r))
		s.run(10*time.Minute, 10, 20*time.Millisecond, "/a")
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.Status().State != causes.RecorderOff {
			t.Errorf("it is %s", r.Status().State)
		}
		s.run(time.Minute, 10, 75*time.Millisecond, "/a")
		if got := r.armed(); len(got) != 0 {
			t.Errorf("asked %q", got)
		}
	})
}
