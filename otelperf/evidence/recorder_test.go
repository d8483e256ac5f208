// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// stub is a flight recorder that has a trace already. The runtime's cannot be started in a bubble.
type stub struct {
	trace  string
	refuse error

	mu      sync.Mutex
	on      bool
	started int
	stopped int
}

func (s *stub) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse == nil {
		s.on = true
		s.started++
	}
	return s.refuse
}

func (s *stub) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on {
		s.stopped++
	}
	s.on = false
}

func (s *stub) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, s.trace)
	return int64(n), err
}

// bench is a recorder in a bubble.
type bench struct {
	*Recorder
	stub *stub
	mu   sync.Mutex
	mark Mark
}

func newBench(t *testing.T, limits Limits) *bench {
	t.Helper()
	b := &bench{Recorder: New(WithLimits(limits)), stub: &stub{trace: "go 1.99 trace\x00\x00\x00"}}
	b.flight = func() flight { return b.stub }
	if err := b.Start(func(m Mark) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.mark = m
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if s := b.Status(); s.State != causes.RecorderOff {
			t.Errorf("after Shutdown it is %s", s.State)
		}
		if b.armed() {
			t.Error("after Shutdown requests are marked")
		}
		if b.stub.started != b.stub.stopped {
			t.Errorf("started %d times, stopped %d times", b.stub.started, b.stub.stopped)
		}
	})
	return b
}

func (b *bench) armed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mark != nil
}

// requests end now.
func (b *bench) requests(n int, d time.Duration, slow bool) {
	for range n {
		b.mark(trace.SpanID{1}, conventions.Endpoint{Route: "/"}, d, slow)
	}
}

func (b *bench) expect(t *testing.T, state causes.RecorderState, recordings uint64) {
	t.Helper()
	synctest.Wait()
	if s := b.Status(); s.State != state || s.Recordings != recordings {
		t.Errorf("%s after %d recordings, want %s after %d", s.State, s.Recordings, state, recordings)
	}
	if armed := b.armed(); armed != (state == causes.RecorderRecording) {
		t.Errorf("armed %v while %s", armed, state)
	}
}

func TestLengthOfARecording(t *testing.T) {
	for _, tt := range []struct{ slow, want time.Duration }{
		{0, 2 * time.Second}, {100 * time.Millisecond, 2 * time.Second}, {time.Second, 3 * time.Second}, {time.Hour, 5 * time.Second}, {1 << 62, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Limits{})
			b.expect(t, causes.RecorderIdle, 0)
			if err := b.Arm("p99 up", tt.slow); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			b.requests(5, 0, true)
			time.Sleep(tt.want - time.Millisecond)
			b.expect(t, causes.RecorderRecording, 0)
			if s := b.Status(); s.Reason != "p99 up" || s.Since.IsZero() {
				t.Errorf("reason %q since %v", s.Reason, s.Since)
			}
			if err := b.Arm("again", 0); !errors.Is(err, ErrBusy) {
				t.Errorf("got %v, want ErrBusy", err)
			}
			time.Sleep(time.Millisecond)
			b.expect(t, causes.RecorderIdle, 1)
		})
	}
}

func TestThirtySlowRequestsAreEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{})
		if err := b.Arm("", time.Hour); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.requests(100, 20*time.Millisecond, false)
		b.requests(100, time.Second, true) // most of it before the recording
		b.requests(29, 0, true)
		time.Sleep(2 * time.Second)
		b.expect(t, causes.RecorderRecording, 0)
		b.requests(1, time.Second, true)
		b.expect(t, causes.RecorderIdle, 1)
	})
}

// TestFewSlowRequests are waited for; a recording without any is discarded, after which the next one may come soon.
func TestFewSlowRequests(t *testing.T) {
	for slow, want := range map[int]uint64{4: 1, 0: 0} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Limits{Cooldown: time.Minute})
			if err := b.Arm("", 0); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			b.requests(slow, 0, true)
			time.Sleep(5*time.Second - time.Millisecond)
			b.expect(t, causes.RecorderRecording, 0)
			time.Sleep(time.Millisecond)
			b.expect(t, causes.RecorderIdle, want)
			time.Sleep(10 * time.Second)
			if err := b.Arm("", 0); (err == nil) != (want == 0) {
				t.Errorf("10 s after %d slow requests: %v", slow, err)
			}
		})
	}
}

func TestEnoughIsNotBeforeASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{})
		if err := b.Arm("", time.Hour); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.requests(30, 0, true)
		time.Sleep(time.Second - time.Nanosecond)
		b.expect(t, causes.RecorderRecording, 0)
		time.Sleep(time.Nanosecond)
		b.expect(t, causes.RecorderIdle, 1)
	})
}

func TestCancel(t *testing.T) {
	for slow, want := range map[int]uint64{4: 0, 5: 1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Limits{})
			b.Cancel() // of nothing
			if err := b.Arm("", time.Hour); err != nil {
				t.Fatal(err)
			}
			b.expect(t, causes.RecorderRecording, 0)
			b.requests(slow, 0, true)
			b.Cancel()
			b.expect(t, causes.RecorderIdle, want)
			if s := b.Status(); s.Discarded != 1-want {
				t.Errorf("%d discarded, want %d", s.Discarded, 1-want)
			}
			if err := b.Arm("", time.Hour); !errors.Is(err, ErrLimit) {
				t.Errorf("at once again: %v, want ErrLimit", err)
			}
		})
	}
}

func TestCooldownAndLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{RecordingsPerHour: 3, Cooldown: 10 * time.Second})
		arm := func() error {
			err := b.Arm("", 0)
			if synctest.Wait(); err == nil {
				b.requests(5, 0, true)
			}
			return err
		}
		record := func() error { return b.Record("a person", 0) }
		for i, tt := range []struct {
			ask  func() error
			want error
			wait time.Duration
		}{
			{arm, nil, 3 * time.Second},
			{arm, ErrLimit, 0}, // too soon
			{record, nil, 3 * time.Second},
			{arm, ErrLimit, 9 * time.Second},
			{arm, nil, time.Minute},
			{arm, ErrLimit, 0}, // three an hour
			{record, ErrLimit, time.Hour - time.Minute},
			{record, nil, 3 * time.Second},
		} {
			if err := tt.ask(); !errors.Is(err, tt.want) {
				t.Errorf("ask %d: got %v, want %v", i, err, tt.want)
			} else if err != nil {
				t.Log(err)
			}
			time.Sleep(tt.wait)
			synctest.Wait()
		}
		if s := b.Status(); s.Recordings != 4 || s.Refused != 4 || s.RecordingsLastHour > 3 {
			t.Errorf("%d recordings, %d refused, %d in the last hour; want 4, 4, at most 3", s.Recordings, s.Refused, s.RecordingsLastHour)
		}
	})
}

func TestBytesAndWorkAreLimits(t *testing.T) {
	now := time.Now()
	for _, l := range []Limits{{BytesPerHour: 100}, {WorkPerHour: 100}} {
		b := budget{limits: Limits{RecordingsPerHour: 10, BytesPerHour: max(l.BytesPerHour, 1), WorkPerHour: max(l.WorkPerHour, 1)}}
		if l.BytesPerHour > 0 {
			b.limits.WorkPerHour = time.Hour
		} else {
			b.limits.BytesPerHour = 1 << 40
		}
		b.spend(now, 99, 99)
		if _, err := b.allows(now, false); err != nil {
			t.Errorf("%+v: refused at 99 of 100: %v", l, err)
		}
		b.spend(now.Add(time.Minute), 1, 1)
		until, err := b.allows(now.Add(time.Minute), false)
		if !errors.Is(err, ErrLimit) || !until.Equal(now.Add(time.Hour)) {
			t.Errorf("%+v: got %v until %v", l, err, until)
		}
		if _, err := b.allows(until, false); err != nil {
			t.Errorf("%+v: refused an hour later: %v", l, err)
		}
	}
}

// TestAnotherFlightRecorder is reported, and tried again after a minute.
func TestAnotherFlightRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{})
		b.stub.refuse = errors.New("flight recorder already enabled")
		if err := b.Arm("", 0); err != nil {
			t.Fatal(err)
		}
		b.expect(t, causes.RecorderIdle, 0)
		if s := b.Status(); !strings.Contains(s.Error, "already enabled") || s.NotBefore.IsZero() || s.Failures != 1 {
			t.Errorf("status %+v does not say it", s)
		}
		if err := b.Arm("", 0); !errors.Is(err, ErrStart) || !errors.Is(err, b.stub.refuse) {
			t.Errorf("got %v, want ErrStart with the runtime's words", err)
		}
		b.stub.refuse = nil
		time.Sleep(time.Minute)
		if err := b.Record("", 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		b.expect(t, causes.RecorderIdle, 1)
		if s := b.Status(); strings.Contains(s.Error, "already") {
			t.Errorf("the error is still reported: %s", s.Error)
		}
	})
}

// TestUnknownFormat: a trace that cannot be read is kept.
func TestUnknownFormat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{})
		if err := b.Record("", 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		b.expect(t, causes.RecorderIdle, 1)
		all := b.Recordings()
		if len(all) != 1 || !strings.Contains(all[0].Error, "not an execution trace of a known format") || b.Status().Error != all[0].Error || b.Status().Failures != 1 {
			t.Fatalf("recordings %+v, status %+v", all, b.Status())
		}
		if got := b.Trace(all[0].ID); string(got) != b.stub.trace {
			t.Errorf("the trace is %q", got)
		}
	})
}

// TestAHeaderOfAnotherVersion: a whole trace of a Go that is not known yet is not read as one that is.
func TestAHeaderOfAnotherVersion(t *testing.T) {
	trace := stored(t, func(p *program) { p.slow(victim, func() { backOff(long) }) }, nil)
	if r := found(t, trace); r.Slow != 8 {
		t.Fatalf("%d slow requests", r.Slow)
	}
	other := bytes.Replace(trace, []byte("go 1.26 trace"), []byte("go 1.99 trace"), 1)
	for _, header := range [][]byte{other, append([]byte("go 2"), trace[4:]...), trace[16:], nil} {
		r := &causes.Recording{}
		short, err := shorten(header, r)
		if err == nil {
			err = analyse(short, nil, r, func() error { return nil })
		}
		if err == nil || !strings.Contains(err.Error(), "not an execution trace of a known format") || len(r.Endpoints) > 0 {
			t.Errorf("%.16q: %v", header, err)
		}
	}
}

func TestOldRecordingsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{})
		for range 8 {
			if err := b.Record("", 0); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		all := b.Recordings()
		if len(all) != 6 || all[0].ID != 8 || all[5].ID != 3 {
			t.Errorf("%d recordings, the newest %d", len(all), all[0].ID)
		}
		if s := b.Status(); s.MemoryBytes < int64(2*len(b.stub.trace)) || s.MemoryBytes > 1000 {
			t.Errorf("%d bytes are stored", s.MemoryBytes)
		}
		for id := range uint64(10) {
			if has := b.Trace(id) != nil; has != (id == 7 || id == 8) {
				t.Errorf("recording %d has a trace: %v", id, has)
			}
		}
	})
}

func TestOffBeforeAndAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New()
		if err := r.Arm("", 0); !errors.Is(err, ErrOff) {
			t.Errorf("before Start: %v, want ErrOff", err)
		}
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Start(func(Mark) {}); err == nil {
			t.Error("started after Shutdown")
		}
		b := newBench(t, Limits{})
		if err := b.Start(func(Mark) {}); err == nil {
			t.Error("started twice")
		}
		if err := b.Arm("", 0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Arm("", 0); !errors.Is(err, ErrOff) {
			t.Errorf("after Shutdown: %v, want ErrOff", err)
		}
	})
}

// TestAFaultOfOurs ends the recording, and not the recorder.
func TestAFaultOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Limits{})
		b.flight = func() flight { panic("broken") }
		if err := b.Arm("", 0); err != nil {
			t.Fatal(err)
		}
		b.expect(t, causes.RecorderIdle, 0)
		if n := b.faults.Count(); n != 1 {
			t.Errorf("%d faults, want 1", n)
		}
		if err := b.Record("", 0); !errors.Is(err, ErrStart) {
			t.Errorf("got %v, want ErrStart for a minute", err)
		}
		time.Sleep(time.Minute)
		b.flight = func() flight { return b.stub }
		if err := b.Record("", 0); err != nil {
			t.Error(err)
		}
	})
}

func TestOptions(t *testing.T) {
	if err := New(WithOwnCode("example.com/lib"), WithLimits(Limits{CPUShare: 1, Cooldown: time.Hour})).Err(); err != nil {
		t.Error(err)
	}
	err := New(nil, WithOwnCode(""), WithLimits(Limits{RecordingsPerHour: -1, BytesPerHour: 1, WorkPerHour: 1, CPUShare: 1.1, Cooldown: 2 * time.Hour})).Err()
	if err == nil {
		t.Fatal("all was accepted")
	}
	for _, part := range []string{"option 1 is nil", "own code", "RecordingsPerHour is -1, want 1 to 360", "BytesPerHour", "WorkPerHour is 1ns, want 1s to 1h0m0s", "CPUShare", "Cooldown"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %v", part, err)
		}
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T joins nothing", err)
	}
	for _, e := range joined.Unwrap() {
		if !errors.Is(e, ErrConfig) {
			t.Errorf("%v does not wrap ErrConfig", e)
		}
	}
	if err := New(nil).Start(func(Mark) {}); !errors.Is(err, ErrConfig) {
		t.Errorf("started with %v", err)
	}
}
