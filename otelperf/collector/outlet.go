// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

const (
	// queuedEvents bounds the events that wait while the next consumer is slow; the oldest is left out.
	queuedEvents = 256
	// tries is how often an event is offered to a consumer that does not take it, firstPause how long after the first time; each pause
	// is twice the one before.
	tries      = 6
	firstPause = time.Second
)

// outlet hands on events and metrics, each from a goroutine of its own, so that a consumer that blocks holds up neither the judging nor
// those who send spans. Instances of several inputs have the same consumers, and what is handed on goes to one of them.
type outlet struct {
	logger *zap.Logger

	mu      sync.Mutex // guards the two below
	logs    []consumer.Logs
	metrics []consumer.Metrics

	events        chan plog.Logs
	flushed       chan pmetric.Metrics // the last ones: newer ones take their place
	eventsDropped atomic.Uint64
	pointsDropped atomic.Uint64

	ctx     context.Context // of what is under way; ends with the time that Shutdown has
	cancel  context.CancelFunc
	closing chan struct{}
	workers sync.WaitGroup
}

func newOutlet(logger *zap.Logger) *outlet {
	o := &outlet{logger: logger, events: make(chan plog.Logs, queuedEvents), flushed: make(chan pmetric.Metrics, 1), closing: make(chan struct{})}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	return o
}

func (o *outlet) start() {
	o.workers.Go(func() { work(o, o.events, o.sendEvents) })
	o.workers.Go(func() { work(o, o.flushed, o.sendMetrics) })
}

// work hands on what is queued, and at the end what is queued still.
func work[T any](o *outlet, queue chan T, send func(T)) {
	for {
		select {
		case x := <-queue:
			send(x)
			continue
		case <-o.closing:
		}
		for {
			select {
			case x := <-queue:
				send(x)
			default:
				return
			}
		}
	}
}

// close hands on what is queued, and ends the goroutines within ctx.
func (o *outlet) close(ctx context.Context) error {
	close(o.closing)
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.workers.Wait()
	}()
	defer o.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *outlet) add(l consumer.Logs, m consumer.Metrics) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l != nil {
		o.logs = append(o.logs, l)
	}
	if m != nil {
		o.metrics = append(o.metrics, m)
	}
}

func (o *outlet) remove(l consumer.Logs, m consumer.Metrics) {
	o.mu.Lock()
	defer o.mu.Unlock()
	// The last consumer stays: what is queued at the end goes to it.
	if i := indexOf(o.logs, l); i >= 0 && len(o.logs) > 1 {
		o.logs = append(o.logs[:i:i], o.logs[i+1:]...)
	}
	if i := indexOf(o.metrics, m); i >= 0 && len(o.metrics) > 1 {
		o.metrics = append(o.metrics[:i:i], o.metrics[i+1:]...)
	}
}

func indexOf[T comparable](all []T, x T) int {
	for i := range all {
		if all[i] == x {
			return i
		}
	}
	return -1
}

func (o *outlet) wantsMetrics() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.metrics) > 0
}

// event queues a message of an incident. It never blocks.
func (o *outlet) event(n *fleet.News) {
	ld := logsOf(n)
	for {
		select {
		case o.events <- ld:
			return
		default:
		}
		select {
		case <-o.events:
			o.eventsDropped.Add(1)
		default:
		}
	}
}

// points queues metrics. It never blocks: those before that were not taken yet are left out.
func (o *outlet) points(md pmetric.Metrics) {
	if md.ResourceMetrics().Len() == 0 {
		return
	}
	for {
		select {
		case o.flushed <- md:
			return
		default:
		}
		select {
		case old := <-o.flushed:
			o.pointsDropped.Add(uint64(old.DataPointCount()))
		default:
		}
	}
}

// sendEvents offers events until they are taken, some times.
func (o *outlet) sendEvents(ld plog.Logs) {
	o.mu.Lock()
	next := firstOf(o.logs)
	o.mu.Unlock()
	if next == nil {
		return
	}
	pause := firstPause
	for try := 1; ; try++ {
		offered := ld
		if next.Capabilities().MutatesData {
			offered = plog.NewLogs()
			ld.CopyTo(offered)
		}
		err := next.ConsumeLogs(o.ctx, offered)
		if err == nil {
			return
		}
		if try == tries || consumererror.IsPermanent(err) || !o.wait(pause) {
			o.eventsDropped.Add(uint64(ld.LogRecordCount()))
			o.logger.Error("an event of an incident was not delivered", zap.Error(err), zap.Int("tries", try))
			return
		}
		pause *= 2
	}
}

// wait reports whether the time has passed, and it does not end.
func (o *outlet) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-o.closing:
		return false
	}
}

// sendMetrics offers metrics once: the next ones have what these had.
func (o *outlet) sendMetrics(md pmetric.Metrics) {
	o.mu.Lock()
	next := firstOf(o.metrics)
	o.mu.Unlock()
	if next == nil {
		return
	}
	points := md.DataPointCount()
	if err := next.ConsumeMetrics(o.ctx, md); err != nil {
		o.pointsDropped.Add(uint64(points))
		o.logger.Warn("metrics were not delivered", zap.Error(err), zap.Int("points", points))
	}
}

func firstOf[T any](all []T) (first T) {
	if len(all) > 0 {
		first = all[0]
	}
	return first
}
