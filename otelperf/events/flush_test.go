// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFlushReturnsAtItsDeadline(t *testing.T) {
	tests := []struct {
		what                string
		emit                func(context.Context)
		flush               func(context.Context) error
		queued, unconfirmed int64
	}{
		{"the collector is down and the provider retries", nil,
			func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 0, 10},
		{"the provider does not heed the context", nil,
			func(context.Context) error { time.Sleep(time.Hour); return nil }, 0, 10},
		{"emitting blocks", func(context.Context) { time.Sleep(time.Hour) }, nil, 10, 0},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := newTrackerOn(t, &recorder{emit: tt.emit, flush: tt.flush})
				for range 10 {
					_ = tr.Track(t.Context(), Event{Name: "a"})
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				start := time.Now()
				r, err := tr.Flush(ctx)
				if took := time.Since(start); took != 3*time.Second {
					t.Errorf("took %v, want exactly the deadline of 3 s", took)
				}
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "are left") {
					t.Errorf("error %v", err)
				}
				if r.Queued != tt.queued || r.Unconfirmed != tt.unconfirmed || r.Left() != 10 {
					t.Errorf("result %+v, want %d queued and %d unconfirmed", r, tt.queued, tt.unconfirmed)
				}
				if s := tr.Stats(); s.Accepted != 10 || s.Export.Queued != tt.queued {
					t.Errorf("stats %+v", s.Export)
				}
				time.Sleep(24 * time.Hour) // the blocked calls return, so that the bubble can end
			})
		})
	}
}

func TestManyFlushesOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		tr := newTrackerOn(t, &recorder{flush: func(context.Context) error { calls.Add(1); time.Sleep(time.Minute); return nil }})
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := tr.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
			cancel()
		}
		if calls.Load() != 1 {
			t.Errorf("%d calls of ForceFlush are stuck at once, want 1", calls.Load())
		}
		time.Sleep(time.Hour)
		if _, err := tr.Flush(t.Context()); err != nil || calls.Load() != 2 {
			t.Errorf("after it returned: %v, %d calls", err, calls.Load())
		}
	})
}

// What was with the provider when its ForceFlush failed has to be taken for lost, and is never said to have arrived: the
// next success is about what came since.
func TestFlushConfirms(t *testing.T) {
	rec := &recorder{}
	tr := newTrackerOn(t, rec)
	steps := []struct {
		what      string
		events    int
		flush     func(context.Context) error
		want      FlushResult
		err       error
		delivered uint64
	}{
		{"down", 3, func(context.Context) error { return errDown }, FlushResult{Lost: 3}, errDown, 0},
		{"still down, nothing new", 0, func(context.Context) error { return errDown }, FlushResult{}, errDown, 0},
		{"back", 2, nil, FlushResult{}, nil, 2},
		{"panicking", 1, func(context.Context) error { panic("provider") }, FlushResult{Lost: 1}, errFlushPanic, 2},
	}
	for _, s := range steps {
		for range s.events {
			_ = tr.Track(t.Context(), Event{Name: "a"})
		}
		rec.flush = s.flush
		r, err := tr.Flush(t.Context())
		r.Emitted = 0 // some may have been emitted before
		if r != s.want || !errors.Is(err, s.err) || errors.Is(err, ErrLost) != (r.Lost > 0) {
			t.Errorf("%s: %+v, %v; want %+v, %v", s.what, r, err, s.want, s.err)
		}
		if got := tr.Stats().Export.Delivered; got != s.delivered {
			t.Errorf("%s: %d delivered, want %d", s.what, got, s.delivered)
		}
	}
	conserve(t, tr.Stats(), 6)
}

var errDown = errors.New("collector is down")

// A Flush that has no more time does not end the provider's: what it is exporting still arrives.
func TestFlushLetsTheExportGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrackerOn(t, &recorder{flush: func(ctx context.Context) error {
			select {
			case <-time.After(20 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}})
		_ = tr.Track(t.Context(), Event{Name: "a"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if r, err := tr.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || r.Unconfirmed != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if e := tr.Stats().Export; e.Delivered != 1 || e.Unconfirmed != 0 {
			t.Errorf("export %+v, want it delivered", e)
		}
	})
}

func TestShutdownEmitsWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &recorder{emit: func(context.Context) { time.Sleep(time.Millisecond) }}
		tr := newTrackerOn(t, rec)
		for range 100 {
			_ = tr.Track(t.Context(), Event{Name: "a"})
		}
		for range 2 { // it can be called again
			if err := tr.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(rec.all()); got != 100 {
			t.Errorf("emitted %d of 100", got)
		}
		if err := tr.Track(t.Context(), Event{Name: "a"}); !errors.Is(err, ErrShutdown) {
			t.Errorf("after Shutdown: %v", err)
		}
		tr.Request(t.Context(), RequestEvent{Method: "GET"})
		if _, err := tr.Flush(t.Context()); err != nil {
			t.Errorf("Flush after Shutdown: %v", err)
		}
		s := tr.Stats()
		conserve(t, s, 102)
		if s.DroppedBy["shutdown"] != 2 {
			t.Errorf("dropped %v", s.DroppedBy)
		}
	})
}

func TestShutdownOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrackerOn(t, &recorder{emit: func(ctx context.Context) { <-ctx.Done() }})
		for range 10 {
			_ = tr.Track(t.Context(), Event{Name: "a"})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := tr.Shutdown(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "10 events are left") {
			t.Errorf("error %v", err)
		}
		synctest.Wait()
		s := tr.Stats()
		conserve(t, s, 10)
		if s.Export.Lost != 9 || s.Export.Queued != 0 { // one was with the provider
			t.Errorf("export %+v, want 9 lost", s.Export)
		}
	})
}

func TestProviderPanicCostsOneEvent(t *testing.T) {
	n := 0
	rec := &recorder{emit: func(context.Context) {
		if n++; n == 1 {
			panic("processor")
		}
	}}
	tr := newTrackerOn(t, rec)
	for range 3 {
		_ = tr.Track(t.Context(), Event{Name: "a"})
	}
	if r, err := tr.Flush(t.Context()); r.Lost != 1 || !errors.Is(err, ErrLost) {
		t.Errorf("Flush says %+v, %v", r, err)
	}
	if s := tr.Stats(); s.Export.Lost != 1 || s.Export.Emitted != 2 {
		t.Errorf("export %+v", s.Export)
	}
}

func TestWithoutProviderEventsAreCounted(t *testing.T) {
	tr, err := New()
	if err != nil {
		t.Fatal(err)
	}
	_ = tr.Track(t.Context(), Event{Name: "a"})
	if err := tr.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := tr.Stats(); s.Export.Disabled != 1 || s.Names[0].Count != 1 {
		t.Errorf("stats %+v", s)
	}
}
