// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// maxSinks bounds the sinks of a Notifier.
const maxSinks = 16

// Notifier delivers notices of a Monitor to its sinks.
type Notifier struct{ cfg config }

var _ otelperf.Notifier = (*Notifier)(nil)

// New returns a Notifier of at most 16 sinks, with a goroutine for each, which Shutdown ends. Its error joins all that is wrong with the
// options, each wrapping otelperf.ErrConfig. Whether a sink can be reached shows in the health check notify.
func New(opts ...Option) (*Notifier, error) {
	n := &Notifier{}
	for i, o := range opts {
		if o == nil {
			n.cfg.refuse("option %d is nil", i+1)
			continue
		}
		o.apply(&n.cfg)
	}
	if len(n.cfg.errs) == 0 && (len(n.cfg.sinks) == 0 || len(n.cfg.sinks) > maxSinks) {
		n.cfg.refuse("there are %d sinks, accepted are 1 to %d", len(n.cfg.sinks), maxSinks)
	}
	if err := errors.Join(n.cfg.errs...); err != nil {
		return nil, err
	}
	for _, s := range n.cfg.sinks {
		s.start()
	}
	return n, nil
}

// add makes a sink of its options and puts it into c.
func (c *config) add(kind, host string, opts []SinkOption, hasEndpoint bool) *sink {
	s := &sink{
		sinkConfig: sinkConfig{timeout: 10 * time.Second, retryFor: time.Hour},
		kind:       kind, host: host, entries: map[string]*entry{}, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	for _, o := range opts {
		if o == nil {
			s.refuse("an option is nil")
			continue
		}
		o.applySink(&s.sinkConfig)
	}
	if s.endpoint != "" && !hasEndpoint {
		s.refuse("WithEndpoint is for PagerDuty")
	}
	s.client = s.sinkConfig.client()
	for _, e := range s.errs {
		c.refuse("%s: %s", kind, e)
	}
	c.sinks = append(c.sinks, s)
	return s
}

// check refuses a secret that cannot be read.
func (c *config) check(what string, s Secret) bool {
	if _, err := s.read(); err != nil {
		c.refuse("%s: %v", what, err)
		return false
	}
	return true
}

// Notify queues a notice at each sink. It never blocks.
func (n *Notifier) Notify(notice otelperf.Notice) {
	m := n.cfg.newMessage(notice)
	for _, s := range n.cfg.sinks {
		s.put(m)
	}
}

// Status says how each sink fares.
func (n *Notifier) Status() (all []otelperf.NotifierStatus) {
	for _, s := range n.cfg.sinks {
		all = append(all, s.status())
	}
	return all
}

// Shutdown tries once more to deliver what waits, within ctx, and ends the goroutines. It may be called more than once.
func (n *Notifier) Shutdown(ctx context.Context) error {
	errs := make([]error, len(n.cfg.sinks))
	var all sync.WaitGroup
	for i, s := range n.cfg.sinks {
		all.Go(func() { errs[i] = s.close(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Result is what has become of one message of a test.
type Result struct {
	Sink string // its kind and host
	Kind string // firing or resolved
	Err  error  // nil: it was accepted
}

// Test sends each sink a message that says that it is a test, firing and then resolved, once and at once. That of Alertmanager is named
// OtelperfTest.
func (n *Notifier) Test(ctx context.Context, service, instance string) (results []Result) {
	now := time.Now().UTC()
	sp := otelperf.Spike{
		ID: "test-" + now.Format("20060102T150405.000000000"), State: "open", Matter: "latency", Severity: "warning", Start: now, At: now, Reason: "this is a test of otelperf's notifications; nothing is wrong",
		Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/otelperf-test", Matter: "latency", Kind: "http", State: "open", Start: now, At: now}},
	}
	for _, s := range n.cfg.sinks {
		for _, kind := range []string{firing, resolved} {
			m := n.cfg.newMessage(otelperf.Notice{Kind: kind, Time: now, Service: service, Instance: instance, Spike: sp})
			m.Test = true
			results = append(results, Result{s.name(), kind, s.send(ctx, m)})
		}
	}
	return results
}
