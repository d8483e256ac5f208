// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/historian"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/past"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// WithHistory has all that is reported stored beyond the life of the process: minutes of each endpoint and dependency, incidents, slow and
// failed requests, the runtime's signals and marks. Package history/bolt has a store in a file:
//
//	store, err := bolt.Open("shop.db")
//	...
//	mon, err := otelperf.New(otelperf.WithHistory(store))
//
// A goroutine of its own writes each minute soon after its end, and what is left at Shutdown, after which the program closes the store. The
// store may be slow, full, locked, gone, or panic: up to 60 minutes wait for it, and it is tried again after 10 s, and twice as long each
// time, up to 5 minutes. Diagnostics, and the check history of Health, say what could not be written. Of an hour's slow and failed requests
// 200 are stored, at most 50 of a minute: those that a spike names, and 10 of an endpoint, the longest of each endpoint first. New reports ErrConfig for a store that
// is nil. The default is none.
//
// What a state file is for, a history does, too: what is usual, by the hour of the week, with jobs that come back, spikes that are open
// and marks are stored every ten minutes, each minute while there is a spike, and at Shutdown. New goes on from there, or from the state file if that is more recent. It
// waits a second for the store at most.
func WithHistory(store history.Store) Option {
	return optionFunc(func(c *config) {
		if store == nil {
			c.refuse("history is nil, accepted is a store")
			return
		}
		c.history = func(m *Monitor) (archive, recalled) { return openHistory(m.told(), store) }
	})
}

// archive is a Monitor's history: a *chronicle, which WithHistory makes. It is an interface so that programs without that option do not link
// what reads and writes one.
type archive interface {
	attached

	Rows(from, to time.Time) (past.Total, error)
	Usual(t past.Then, from, to time.Time) (total past.Total, ok bool, err error)
	Points(e conventions.Endpoint, from, to time.Time) (past.Line, error)
	Incidents(from, to time.Time) (past.Incidents, error)
	Requests(from, to time.Time) (past.Requests, error)
	Trace(id trace.TraceID, from, to time.Time) (past.Requests, error)
	Marks(from, to time.Time) (past.Marks, error)
	Signals(from, to time.Time) (past.Signals, error)
	Shared(from time.Time) bool
	Remembers(to time.Time) bool
	Own() (own past.Whose, note string, ok bool)
	Of(instance string) string

	// has reports whether it has a request that a spike names.
	has(r *RequestRef) bool
	// learn has what is usual learned from it, once it is started.
	learn()
	// state is how the writing goes.
	state() historian.State
}

// told is what a history tells of: a process, or a service that is judged elsewhere.
type told struct {
	engine  *engine.Engine
	slow    *slowlog.Store
	marks   *marks.List
	faults  *fault.Log
	origin  string           // of its minutes
	limit   int              // of the baselines that are learned from it
	began   time.Time        // from when on there is something to tell
	started time.Time        // when it began, of which minute another process may have told, too; zero for none
	now     func() time.Time // the clock that it goes by
	spikes  func() []Spike
	state   func() []byte // what the next process goes on from; nil for nothing
	// signals are those of its runtime by the minute; nil if it is not known here.
	signals func(from, to time.Time) []*history.Batch
}

// told is what there is to tell of this process.
func (m *Monitor) told() told {
	return told{
		engine: m.engine, slow: m.slow, marks: m.marks.List, faults: &m.faults, origin: m.memory.writer, limit: m.memory.limit, began: m.began, started: m.began, now: time.Now, spikes: m.spikes,
		state: func() []byte {
			data, _ := m.memory.encode() // without one the next process begins anew
			return data
		},
		signals: m.minutesOfSignals,
	}
}

// chronicle reads and writes a history. What it knows of what was written is used by the historian's goroutine alone, but for what is atomic.
type chronicle struct {
	*past.Reader
	told
	store   history.Store
	writer  *historian.Writer
	learner *learner // nil where the process before has left what is usual
	seed    maphash.Seed
	written

	requestsStored, requestsLeft atomic.Uint64
	// named are the requests that spikes name and the history has, by the ids of their spans: at most those of engine.MaxIncidents.
	named atomic.Pointer[map[string]bool]
}

// written is what is known of what was stored.
type written struct {
	incidents map[string]uint64     // id -> sum of what was stored; at most engine.MaxIncidents
	requests  map[trace.SpanID]bool // of those that the slow log has: true is stored, false beyond what is stored
	stored    map[string]bool       // marks, of those that there are
	hour      hourly
	stated    time.Time // when a state was stored last
}

// openHistory asks a store for what the process before has left, and begins to follow it.
func openHistory(of told, store history.Store) (archive, recalled) {
	c := newChronicle(of, store)
	c.Reader = past.New(store, recent{c}, past.Bounds{}, of.faults)
	left := c.recall()
	c.named.Store(&left.named)
	return c, left
}

func newChronicle(of told, store history.Store) *chronicle {
	c := &chronicle{told: of, store: store, seed: maphash.MakeSeed()}
	c.writer = historian.New(store, c, of.began, of.faults)
	return c
}

func (c *chronicle) learn() { c.learner = &learner{worker.New(), c} }

func (c *chronicle) start() {
	c.writer.Start()
	if c.learner != nil {
		c.learner.start()
	}
}

func (c *chronicle) parts() []part {
	all := []part{{"history", c.writer.Close}}
	if c.learner != nil {
		all = append(all, part{"learning from the history", c.learner.Close})
	}
	return all
}

func (c *chronicle) has(r *RequestRef) bool { return (*c.named.Load())[r.SpanID] }

// troubled is a store that knows what is wrong with it, as that of history/bolt does.
type troubled interface{ Trouble() string }

func (c *chronicle) state() historian.State { return c.stateBy(c.Reader) }

// stateBy is how the writing goes, and what a reader has met.
func (c *chronicle) stateBy(r *past.Reader) historian.State {
	st := c.writer.State()
	if t, ok := c.store.(troubled); ok && st.Error == "" {
		st.Error = t.Trouble()
	}
	if st.Error == "" && r != nil {
		st.Error = r.Trouble()
	}
	if st.Error != "" {
		st.Error = fault.Text(st.Error)
	}
	st.Requests, st.RequestsLeft = c.requestsStored.Load(), c.requestsLeft.Load()
	return st
}
