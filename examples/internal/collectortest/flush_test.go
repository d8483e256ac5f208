// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/events"
)

// A flush of events while the collector is in trouble: it returns in time, its numbers are true, and what it says is held
// arrives when the collector is back.

const (
	held    = 20                     // events in each of the tests
	brief   = 500 * time.Millisecond // limit of a flush that cannot succeed
	ample   = 30 * time.Second       // limit of one that says at once how it ended; the longest that the endpoint takes
	belated = 30 * time.Second       // what a busy machine may add: a flush without a limit would take minutes
)

// tracked is a Monitor whose events go through the SDK's batch processor to an exporter, which is watched.
type tracked struct {
	*otelperf.Monitor
	sent int
}

func newTracked(t *testing.T, to sdklog.Exporter, opts ...sdklog.BatchProcessorOption) *tracked {
	t.Helper()
	deliveries := &events.Deliveries{}
	opts = append(opts, sdklog.WithExportTimeout(exportLimit))
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(events.Watch(deliveries, to), opts...)))
	mon, err := otelperf.New(otelperf.WithLoggerProvider(lp), otelperf.WithEvents(events.WithDeliveries(deliveries)), otelperf.WithLocalChanges())
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = errors.Join(mon.Shutdown(ctx), lp.Shutdown(ctx))
	})
	return &tracked{Monitor: mon}
}

func (s *tracked) track(t *testing.T, n int) {
	t.Helper()
	for range n {
		must(t, s.Events().Track(t.Context(), events.Event{Name: "cart.item_added"}))
	}
	s.sent += n
}

// flush flushes through Flush or through the endpoint, and fails if that does not end with the limit.
func (s *tracked) flush(t *testing.T, endpoint bool, limit time.Duration) (r events.FlushResult, err error) {
	t.Helper()
	began := time.Now()
	if endpoint {
		r, err = s.post(t, limit)
	} else {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		r, err = s.Events().Flush(ctx)
	}
	if took := time.Since(began); took > limit+belated {
		t.Errorf("the flush took %v, its limit is %v", took, limit)
	}
	s.conserved(t)
	return r, err
}

// post asks the companion endpoint as a person on this machine does.
func (s *tracked) post(t *testing.T, limit time.Duration) (events.FlushResult, error) {
	t.Helper()
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	req := httptest.NewRequest(http.MethodPost, "/events/flush?timeout="+limit.String(), nil)
	req.Host, req.RemoteAddr = "localhost", local.String()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), http.LocalAddrContextKey, local)))
	var answer struct {
		events.FlushResult
		Detail string
		Flush  *events.FlushResult
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	switch {
	case w.Code == http.StatusOK:
		return answer.FlushResult, nil
	case answer.Flush == nil:
		t.Fatalf("%d without numbers: %s", w.Code, w.Body)
	case w.Code == http.StatusGatewayTimeout:
		return *answer.Flush, context.DeadlineExceeded
	case w.Code != http.StatusBadGateway:
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return *answer.Flush, events.ErrLost
}

// conserved checks that every event that was tracked is in exactly one place.
func (s *tracked) conserved(t *testing.T) {
	t.Helper()
	e := s.Events().Stats().Export
	if sum := uint64(e.Queued) + e.Lost + e.Delivered + e.Failed + e.Missing + uint64(e.Unconfirmed); sum != uint64(s.sent) {
		t.Errorf("%+v adds up to %d of %d events", e, sum, s.sent)
	}
}

// arrivedExactly waits for n events at the collector, and checks that no more come and that the process knows of each.
func (s *tracked) arrivedExactly(t *testing.T, c *collector.Collector, n int) {
	t.Helper()
	count := func(r *collector.Received) (n int) {
		for range r.Logs() {
			n++
		}
		return n
	}
	got := Await(t, c, func(r *collector.Received) bool { return count(r) >= n })
	if e := s.Events().Stats().Export; count(got) != n || e.Delivered != uint64(n) {
		t.Errorf("%d events arrived, want %d; export %+v", count(got), n, e)
	}
}

// through runs a test by Flush and by the endpoint.
func through(t *testing.T, test func(t *testing.T, endpoint bool)) {
	for name, endpoint := range map[string]bool{"Flush": false, "POST": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, endpoint)
		})
	}
}

// The exporter over gRPC tries again while nobody listens: what the flush says is left arrives when the collector is back,
// although the flush that began its export has ended long before.
func TestFlushWhileTheCollectorIsDown(t *testing.T) {
	t.Parallel()
	through(t, func(t *testing.T, endpoint bool) {
		c := Start(t)
		must(t, c.Stop())
		s := newTracked(t, GRPC(t, c.GRPC).Logs)
		for range 2 { // the second waits for the first one's export
			s.track(t, held)
			if r, err := s.flush(t, endpoint, brief); !errors.Is(err, context.DeadlineExceeded) || r.Left() != int64(s.sent) || r.Lost != 0 {
				t.Errorf("flush says %+v, %v; want all %d left", r, err, s.sent)
			}
		}
		Run(t, c)
		eventuallyFlushed(t, s, endpoint)
		s.arrivedExactly(t, c, s.sent)
	})
}

// eventuallyFlushed flushes until nothing is left, as a person does who waits for a collector to come back.
func eventuallyFlushed(t *testing.T, s *tracked, endpoint bool) {
	t.Helper()
	exampletest.Eventually(t, "nothing is left", func() bool {
		r, err := s.flush(t, endpoint, brief)
		if r.Lost > 0 {
			t.Fatalf("flush says %+v, %v", r, err)
		}
		return err == nil && r.Left() == 0
	})
}

// The exporter over HTTP gives up at once when nobody listens, and the batch processor does not keep what it could not
// export: the flush says that it is lost, and that of a later success no more than came since.
func TestFlushSaysWhatTheExporterGaveUp(t *testing.T) {
	t.Parallel()
	through(t, func(t *testing.T, endpoint bool) {
		c := Start(t)
		must(t, c.Stop())
		s := newTracked(t, HTTP(t, c.HTTP).Logs)
		s.track(t, held)
		if r, err := s.flush(t, endpoint, ample); !errors.Is(err, events.ErrLost) || r.Lost != held || r.Left() != 0 {
			t.Errorf("down: flush says %+v, %v; want %d lost", r, err, held)
		}
		Run(t, c)
		s.track(t, held)
		if r, err := s.flush(t, endpoint, ample); err != nil || r.Left() != 0 || r.Lost != 0 {
			t.Errorf("back: flush says %+v, %v", r, err)
		}
		s.arrivedExactly(t, c, held)
	})
}

// Most exports are not begun by a flush. One that failed in the background is told by the next flush, although the
// provider's own flush finds nothing to do and succeeds.
func TestFlushSaysWhatWasLostBefore(t *testing.T) {
	t.Parallel()
	c := Start(t)
	must(t, c.Stop())
	s := newTracked(t, HTTP(t, c.HTTP).Logs, sdklog.WithExportInterval(10*time.Millisecond))
	s.track(t, held)
	exampletest.Eventually(t, "the export failed", func() bool { return s.Events().Stats().Export.Failed == held })
	Run(t, c)
	if r, err := s.flush(t, false, ample); !errors.Is(err, events.ErrLost) || r.Lost != held || r.Left() != 0 {
		t.Errorf("flush says %+v, %v; want %d lost", r, err, held)
	}
	s.arrivedExactly(t, c, 0)
}

// What the provider's queue has no room for is missing: it never came to the exporter.
func TestFlushSaysWhatTheQueueHadNoRoomFor(t *testing.T) {
	t.Parallel()
	c := Start(t)
	must(t, c.Stop())
	s := newTracked(t, GRPC(t, c.GRPC).Logs, sdklog.WithMaxQueueSize(10), sdklog.WithExportMaxBatchSize(5))
	s.track(t, 3*held)
	if r, err := s.flush(t, false, brief); !errors.Is(err, context.DeadlineExceeded) || r.Left()+int64(r.Lost) != 3*held {
		t.Errorf("down: flush says %+v, %v; want %d left or lost", r, err, 3*held)
	}
	Run(t, c)
	exampletest.Eventually(t, "none is unconfirmed", func() bool {
		_, _ = s.flush(t, false, brief)
		return s.Events().Stats().Export.Unconfirmed == 0
	})
	e := s.Events().Stats().Export
	if e.Missing == 0 {
		t.Errorf("export %+v, want some missing", e)
	}
	s.arrivedExactly(t, c, int(e.Delivered))
}

// A collector that accepts connections and never answers is the worst: nothing fails. When one that answers has taken its
// place, all arrives.
func TestFlushWhileTheCollectorHangs(t *testing.T) {
	t.Parallel()
	through(t, func(t *testing.T, endpoint bool) {
		c, err := collector.New(t.TempDir())
		must(t, err)
		mute := newMute(t, c.GRPC)
		s := newTracked(t, GRPC(t, c.GRPC).Logs)
		s.track(t, held)
		for range 3 {
			if r, err := s.flush(t, endpoint, brief); !errors.Is(err, context.DeadlineExceeded) || r.Left() != held || r.Lost != 0 {
				t.Errorf("flush says %+v, %v; want all %d left", r, err, held)
			}
		}
		exampletest.Eventually(t, "the exporter has connected", func() bool { return len(mute.conns) > 0 })
		mute.end()
		Run(t, c)
		t.Cleanup(func() { must(t, c.Stop()) })
		eventuallyFlushed(t, s, endpoint)
		s.arrivedExactly(t, c, held)
	})
}

// mute accepts connections and neither reads nor answers.
type mute struct {
	listener net.Listener
	conns    chan net.Conn
}

func newMute(t *testing.T, address string) *mute {
	t.Helper()
	l, err := net.Listen("tcp", address)
	must(t, err)
	m := &mute{l, make(chan net.Conn, 100)}
	go func() {
		defer close(m.conns)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			m.conns <- c
		}
	}()
	t.Cleanup(m.end)
	return m
}

// end closes all.
func (m *mute) end() {
	_ = m.listener.Close()
	for c := range m.conns {
		_ = c.Close()
	}
}
