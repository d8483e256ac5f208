// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Notifier tells people of spikes; package notify has one. A Monitor calls Notify from a goroutine of the notifier's own, one notice at a
// time: one that hangs or panics holds up nothing else.
type Notifier interface {
	Notify(n Notice)
	// Status says of each place that notices go to how it fares. It is called by Diagnostics and Health, and returns at once.
	Status() []NotifierStatus
	// Shutdown tries to deliver what waits, within ctx. Nothing is notified afterwards.
	Shutdown(ctx context.Context) error
}

// Notice is what a Notifier is told.
type Notice struct {
	// Kind is firing (the spike has begun, or is open again after its end), update (it has grown, or its cause is known), resolved, or open:
	// it was notified by the process before this one and goes on, which is no news, but its end will be.
	Kind    string    `json:"kind"`
	Time    time.Time `json:"time"`    // of the news
	Service string    `json:"service"` // service.name
	// Instance is service.instance.id, else the host's name: a restart does not change it.
	Instance string `json:"instance"`
	Version  string `json:"version"` // service.version
	Spike    Spike  `json:"spike"`   // the receiver's to keep
}

// NotifierStatus is how one place that notices go to fares. The counts are since the start.
type NotifierStatus struct {
	Sink      string `json:"sink"`             // its kind and host, such as "slack hooks.slack.com"; no secret is in it
	Delivered uint64 `json:"delivered"`        // messages that were accepted
	Failed    uint64 `json:"failed"`           // messages that were refused, or given up
	Dropped   uint64 `json:"dropped"`          // messages for which the queue had no room
	Retried   uint64 `json:"retried"`          // tries after the first
	Waiting   int    `json:"waiting"`          // messages that are still to be delivered
	Trouble   string `json:"trouble,omitzero"` // why the last try has failed; empty if it has not
}

// WithNotifier has spikes reported to people: package notify delivers to Alertmanager, PagerDuty, Slack and webhooks. It may be given more
// than once; up to 64 notices wait for each, then they are dropped and counted. Shutdown of the Monitor shuts it down, too.
// With WithStateFile a spike that goes on over a restart is not notified anew, and the end of one that does not is. The default is none.
func WithNotifier(n Notifier) Option {
	return needed("notifier", n == nil, func(c *config) { c.notifiers = append(c.notifiers, n) })
}

// courier hands notices to one Notifier, from a goroutine of its own.
type courier struct {
	*worker.Worker
	notifier Notifier
	queue    chan *engine.Event
	notice   func(*engine.Event) Notice
	dropped  atomic.Uint64
	panics   atomic.Uint64
}

// couriers are those of a Monitor. Their methods, but for status and close, are for one goroutine.
type couriers struct {
	all     []*courier
	known   []engine.Incident // reported before the restart, which the notifiers are not told of yet
	service func() bool       // the program has said which service it is
}

// newCouriers returns those of m's notifiers. The state file has been read.
func newCouriers(m *Monitor) couriers {
	c := couriers{service: func() bool { return m.named() != nil }}
	if m.disabled != "" {
		return c
	}
	for _, n := range m.cfg.notifiers {
		c.all = append(c.all, &courier{Worker: worker.New(), notifier: n, queue: make(chan *engine.Event, queuedAlerts), notice: m.notice})
	}
	c.known = slices.DeleteFunc(m.engine.Incidents(), func(in engine.Incident) bool { return in.State != engine.Open || !in.Reported })
	return c
}

func (c *couriers) start() {
	for _, co := range c.all {
		worker.Deliver(co.Worker, co.queue, func(ev *engine.Event) { fault.Contain(&co.panics, func() { co.notifier.Notify(co.notice(ev)) }) })
	}
}

// greet tells the notifiers of what they know from before the restart, once the service has a name, or it is time for news.
func (c *couriers) greet(now time.Time, news bool) {
	if len(c.known) == 0 || !news && !c.service() {
		return
	}
	for i := range c.known {
		c.send(&engine.Event{Time: now, Incident: c.known[i]})
	}
	c.known = nil
}

// put queues a message. It never blocks.
func (c *couriers) put(ev *engine.Event) {
	c.greet(ev.Time, true)
	c.send(ev)
}

func (c *couriers) send(ev *engine.Event) {
	for _, co := range c.all {
		select {
		case co.queue <- ev:
		default:
			co.dropped.Add(1)
		}
	}
}

// notice is a message as notifiers get it.
func (m *Monitor) notice(ev *engine.Event) Notice {
	id := m.identity()
	n := Notice{Kind: "open", Time: ev.Time.UTC(), Service: id.service, Instance: id.instance, Version: id.version, Spike: spikeOf(&ev.Incident)}
	if host := hostAndPID(); n.Instance == host {
		n.Instance = host[:strings.LastIndexByte(host, ':')]
	}
	m.beside.add(&n.Spike, &ev.Incident)
	switch {
	case ev.Closed:
		n.Kind = "resolved"
	case ev.Opened, ev.Reopened:
		n.Kind = "firing"
	case ev.Grew, ev.Explained:
		n.Kind = "update"
	}
	return n
}

// status is that of all notifiers, with what the Monitor itself has to say of them.
func (c *couriers) status() (all []NotifierStatus) {
	for _, co := range c.all {
		var own []NotifierStatus
		if !fault.Contain(&co.panics, func() { own = slices.Clone(co.notifier.Status()) }) || len(own) == 0 {
			own = []NotifierStatus{{Sink: "notifier"}}
		}
		own[0].Dropped += co.dropped.Load()
		own[0].Failed += co.panics.Load()
		if co.panics.Load() > 0 && own[0].Trouble == "" {
			own[0].Trouble = "the notifier has panicked"
		}
		if n := len(co.queue); n == cap(co.queue) && own[0].Trouble == "" {
			own[0].Trouble = "the notifier hangs"
		}
		own[0].Waiting += len(co.queue)
		all = append(all, own...)
	}
	return all
}

// close hands on what is queued and shuts the notifier down, within ctx, even if it does not heed that.
func (c *courier) close(ctx context.Context) error {
	if err := c.Close(ctx); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		var err error
		fault.Contain(&c.panics, func() { err = c.notifier.Shutdown(ctx) })
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		select {
		case err := <-ended: // which has just heeded it
			return err
		case <-time.After(2 * time.Second):
			return ctx.Err()
		}
	}
}

// notifyTroubles says which sinks fail, and why.
func notifyTroubles(all []NotifierStatus) string {
	var troubles []string
	for i := range all {
		if all[i].Trouble != "" {
			troubles = append(troubles, all[i].Sink+": "+all[i].Trouble)
		}
	}
	return strings.Join(troubles, "; ")
}
