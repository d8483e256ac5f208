// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"

	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// queuedAudits bounds the changes that wait to be logged.
const queuedAudits = 64

// auditor logs what somebody has changed, which is an OpenTelemetry event, too, and what is wrong with the wiring, whatever the level of
// our other lines is. It does so from a goroutine that is there while there is something to log, so that a logger that blocks or panics
// holds up neither the request nor the next change.
type auditor struct {
	logger  *slog.Logger   // the program's own; nil: slog.Default() at the time
	events  otellog.Logger // changes are events, too; nil: they are not
	dropped atomic.Uint64
	panics  atomic.Uint64 // of the log handler

	mu      sync.Mutex // guards what follows; held for microseconds
	waiting []change   // oldest first
	calls   []func()   // as waiting
	ended   chan struct{}
}

// change is a line that says what was changed.
type change struct {
	ctx     context.Context // of the request, without its end
	level   slog.Level
	message string
	attrs   []slog.Attr
}

// logEventAudit is the name of the event of a change.
const logEventAudit = "otelperf.audit"

// record is the event: what was changed is its body, and the attributes are those of the line, those of ours below otelperf.audit.
func (c *change) record() (r otellog.Record) {
	r.SetEventName(logEventAudit)
	r.SetTimestamp(time.Now())
	r.SetSeverity(otellog.SeverityInfo)
	r.SetSeverityText("INFO")
	r.SetBody(attribute.StringValue(c.message))
	for _, a := range c.attrs {
		key := a.Key
		if !strings.Contains(key, ".") {
			key = logEventAudit + "." + key
		}
		r.AddAttributes(attribute.String(key, a.Value.String()))
	}
	return r
}

func newAuditor(l *slog.Logger) *auditor { return &auditor{logger: l} }

// put queues a line. It never blocks.
func (a *auditor) put(ctx context.Context, message string, attrs ...slog.Attr) {
	a.queue(change{ctx: context.WithoutCancel(ctx), level: slog.LevelInfo, message: message, attrs: attrs})
}

// warn queues a warning.
func (a *auditor) warn(message string) {
	a.queue(change{ctx: context.Background(), level: slog.LevelWarn, message: message})
}

// later has f called, which says something to whoever may be as slow as a logger. Where as many wait as lines may, f is left out.
func (a *auditor) later(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) < queuedAudits {
		a.calls = append(a.calls, f)
		a.begin()
	}
}

func (a *auditor) queue(c change) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) >= queuedAudits {
		a.dropped.Add(1)
		return
	}
	a.waiting = append(a.waiting, c)
	a.begin()
}

// begin starts the goroutine if there is none. a.mu is held.
func (a *auditor) begin() {
	if a.ended == nil {
		a.ended = make(chan struct{})
		go a.run(a.ended)
	}
}

func (a *auditor) run(ended chan<- struct{}) {
	defer close(ended)
	for {
		do, ok := a.next()
		if !ok {
			return
		}
		fault.Contain(&a.panics, do)
	}
}

// report writes a line, and emits its event.
func (a *auditor) report(c *change) {
	l := a.logger
	if l == nil {
		l = slog.Default()
	}
	fault.Contain(&a.panics, func() { l.LogAttrs(c.ctx, c.level, c.message, c.attrs...) })
	if a.events != nil && c.level == slog.LevelInfo {
		fault.Contain(&a.panics, func() { a.events.Emit(c.ctx, c.record()) })
	}
}

// next takes the oldest line, or call; where there is none, the goroutine is to end, and the next put starts another.
func (a *auditor) next() (do func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.waiting) > 0:
		c := a.waiting[0]
		a.waiting = a.waiting[1:]
		return func() { a.report(&c) }, true
	case len(a.calls) > 0:
		do, a.calls = a.calls[0], a.calls[1:]
		return do, true
	}
	a.waiting, a.calls, a.ended = nil, nil, nil
	return nil, false
}

// Close waits until what has been put is logged, within ctx. Lines may be put still.
func (a *auditor) Close(ctx context.Context) error {
	a.mu.Lock()
	ended := a.ended
	a.mu.Unlock()
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
