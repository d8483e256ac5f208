// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/instances"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/sampling"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Service is one service over all its instances.
type Service struct {
	fleet  *Fleet
	name   Name
	full   string
	engine *engine.Engine
	slow   *slowlog.Store
	began  time.Time
	seen   atomic.Int64 // second in which something came from it last
	notes  notes

	mu     sync.Mutex // guards all below
	set    *Settings
	rows   rows
	ring   []second // by unix second
	next   int64    // first second that the engine does not have
	begun  bool
	judges bool  // the engine has begun
	waits  int64 // unix second until which it waits to be told what is known of it; 0: it does not
	gone   *gone // not nil: it is another collector's, and there is nothing but its name

	adopted bool  // it began with what another collector knew
	tally   tally // of the batch
	held    held
	reads   conventions.Reader

	metered   metered
	members   *instances.Instances
	crew      crew // of the batch
	sampled   sampling.Seen
	estimated slowlog.OutcomeCounts // of the delta

	pending []pending // slow requests whose spans may still come
	keeps   keeps
	slows   uint64 // slow requests
	errors  failed

	slowsBefore uint64         // the last reset
	ended       []engine.Event // by it, to be told with the next tick

	now           *second // that the engine gets
	delta         spikeprocessor.Delta
	timed, failed latency.Histogram // of the delta
	spikes        []SpikeCount      // at most one for each endpoint and matter
}

func newService(f *Fleet, n Name, set *Settings) *Service {
	s := &Service{fleet: f, name: n, full: n.String(), set: set, began: time.Now()}
	slow, err := slowlog.New(slowlog.WithLimits(slowlog.Limits{Recent: 100, PerEndpoint: 3, Failed: 50, Endpoints: set.MaxEndpoints, Bytes: max(set.SlowBytes, 1<<20)}), slowlog.OnAdd(s.watched))
	if err != nil { // cannot be: within all ranges
		slow, _ = slowlog.New()
	}
	s.slow = slow
	options := engine.Options{
		Detector: set.Detector, Publish: s.publish, Requests: requests{s}, Why: s.why,
		Errors: requests{s}.Errors, Confirm: s.confirm, After: s.after, MayLeave: func() bool { return f.Settings().MayLeave },
		SlowFrom: func(ep conventions.Endpoint) time.Duration { return f.Settings().SlowFrom },
	}
	if s.engine, err = engine.New(options); err != nil { // cannot be: it was validated
		options.Detector.Ratio, options.Detector.Weight = 0, 0
		s.engine, _ = engine.New(options)
	}
	s.seen.Store(f.second.Load())
	s.members = instances.New(set.MaxInstances)
	s.rows = newRows(set.MaxEndpoints)
	s.ring = make([]second, ringOf(set))
	return s
}

// ringOf is how many seconds are open at a time: those within the lateness, the running one and the one that is being sealed, and those in
// which a service that is new waits to be told what is known of it.
func ringOf(set *Settings) int {
	n := lateOf(set) + 2
	if set.Moves {
		n += arrival
	}
	return n
}

// lateOf is the lateness in whole seconds.
func lateOf(set *Settings) int { return int((set.Lateness + time.Second - 1) / time.Second) }

// Name is that of the service.
func (s *Service) Name() Name { return s.name }

// Engine has its windows, baselines and incidents. Whoever has it must not call Advance.
func (s *Service) Engine() *engine.Engine { return s.engine }

// Slow has its slow and failed requests.
func (s *Service) Slow() *slowlog.Store { return s.slow }

// Began is when it was first seen.
func (s *Service) Began() time.Time { return s.began }

// Endpoints is how many rows it has.
func (s *Service) Endpoints() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows.all) - len(s.rows.free)
}

// configure takes over new settings. A ring of another length takes what is open along.
func (s *Service) configure(set *Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = set
	s.rows.max = set.MaxEndpoints
	if n := ringOf(set); n != len(s.ring) {
		old := s.ring
		s.ring = make([]second, n)
		for i := range old { // at most one more tick: the newest seconds of a shorter ring fall onto the oldest
			unix := s.next + int64(i)
			from, to := &old[mod(unix, len(old))], s.at(min(unix, s.next+int64(n)-1))
			to.merge(from)
		}
	}
	return s.engine.Configure(set.Detector)
}

// release gives back what a service holds that is no more. What still comes to it is lost.
func (s *Service) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fleet.chunks.expire(&s.held, math.MaxInt64)
	for i := range s.ring {
		s.fleet.counts.pending.Add(-int64(len(s.ring[i].records)))
		s.ring[i].clear()
	}
	s.pending, s.begun = nil, false
	if s.gone == nil {
		s.gone = &gone{since: s.fleet.second.Load()} // for those who have it still
	}
}

func (s *Service) at(unix int64) *second { return &s.ring[mod(unix, len(s.ring))] }

func mod(n int64, of int) int {
	m := int(n % int64(of))
	if m < 0 {
		m += of
	}
	return m
}

// openAt is the second in which something of a second of its service counts, by the collector's clock. The lock is held.
func (s *Service) openAt(unix, now int64) *second {
	if !s.begun {
		s.begun, s.next = true, now-int64(lateOf(s.set))
	}
	switch {
	case unix > now:
		s.tally.ahead++
		unix = max(now, s.next) // a tick may have been ahead of the clock that was read before it
	case unix < s.next:
		s.tally.late++
		unix = s.next
	}
	if last := s.next + int64(len(s.ring)) - 1; unix > last { // no tick has come for as long: the newest that there is room for
		unix = last
	}
	return s.at(unix)
}

// merge takes over what another second has.
func (s *second) merge(from *second) {
	for _, row := range from.rows {
		for i := from.heads[row]; i != 0; i = from.records[i-1].next {
			r := &from.records[i-1]
			s.add(row, r.duration(), r.outcome())
		}
		if c := from.cells[row]; c != nil {
			to := s.cell(row)
			to.All.Merge(&c.All)
			to.Failed.Merge(&c.Failed)
			to.Outcomes.Add(&c.Outcomes)
			to.Coarse, to.Beyond, to.OutcomesUnknown = to.Coarse || c.Coarse, earlier(to.Beyond, c.Beyond), to.OutcomesUnknown || c.OutcomesUnknown
		}
	}
}
