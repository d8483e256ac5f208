// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/chronicles"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/metadata"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/pages"
)

// parkedFor is how long the state of a connector outlives it, for the one with the same id after a reload.
const parkedFor = time.Minute

// longestEnd is how long the end takes at most where the context of Shutdown sets no time: the collector's does not.
const longestEnd = 5 * time.Second

// shareKey tells apart what instances share: all with one id in one collector get the same configuration, which each reload reads anew.
type shareKey struct {
	config *Config
	id     component.ID
}

// shareBook knows what instances share.
type shareBook struct {
	mu     sync.Mutex // guards all below
	shares map[shareKey]*share
	parked map[component.ID]*parked

	now     func() time.Time
	ticks   bool   // by itself; else tests do
	process string // its name among those that share a state
}

// parked is the state of a connector that has ended.
type parked struct {
	fleet *fleet.Fleet
	past  *chronicles.Book // nil without a history
	timer *time.Timer
}

// shares are those of the process.
var shares = newShareBook(time.Now, true)

func newShareBook(now func() time.Time, ticks bool) *shareBook {
	return &shareBook{shares: map[shareKey]*share{}, parked: map[component.ID]*parked{}, now: now, ticks: ticks, process: rand.Text()}
}

// share is what the instances with one id share.
type share struct {
	key     shareKey
	book    *shareBook
	fleet   *fleet.Fleet
	logger  *zap.Logger
	users   []*instance                         // guarded by the book's mutex
	counter [numInputs]atomic.Pointer[instance] // that counts what comes
	out     *outlet
	keeper  *keeper          // nil: no state outlives the process
	past    *historians      // nil: there is no history
	before  *chronicles.Book // histories of the one before; nil: none
	faults  atomic.Uint64    // panics that were recovered
	told    said

	unregister func() error
	hide       func() // nil without an extension
	stop, done chan struct{}
	ended      bool // guarded by the book's mutex
}

// join adds an instance to those with its id. The first one begins what they share.
func (b *shareBook) join(in *instance, host component.Host) (*share, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := shareKey{in.config, in.set.ID}
	s := b.shares[key]
	if s == nil {
		var err error
		if s, err = b.begin(key, in, host); err != nil {
			return nil, err
		}
		b.shares[key] = s
	}
	s.users = append(s.users, in)
	s.counter[in.input].CompareAndSwap(nil, in)
	s.out.add(in.logs, in.metrics)
	if in.metrics != nil {
		s.fleet.KeepTotals()
	}
	return s, nil
}

func (b *shareBook) begin(key shareKey, in *instance, host component.Host) (*share, error) {
	shows, err := pages.HostOf(host, in.config.Extension)
	if err != nil {
		return nil, err
	}
	store, err := openStore(in, host)
	if err != nil {
		return nil, err
	}
	if err := in.config.History.check(); err != nil {
		return nil, err
	}
	f, before, err := b.state(key.id, in.config.settings())
	if err != nil {
		return nil, err
	}
	s := &share{key: key, book: b, fleet: f, logger: in.set.Logger, stop: make(chan struct{}), done: make(chan struct{})}
	s.out = newOutlet(s.logger)
	if s.unregister, err = metadata.Observe(in.set.TelemetrySettings, s.observe); err != nil {
		return nil, err
	}
	s.out.start()
	s.keeper = s.newKeeper(store, in)
	s.before = before
	s.past = s.newHistorians(in)
	if shows != nil {
		s.hide = shows.Show(key.id, f, s.past.of)
	}
	if !b.ticks {
		close(s.done)
		return s, nil
	}
	go s.run(in.config.MetricsFlushInterval)
	return s, nil
}

// state is what was left of a connector with this id, with its histories, or a new one.
func (b *shareBook) state(id component.ID, set fleet.Settings) (*fleet.Fleet, *chronicles.Book, error) {
	p := b.parked[id]
	if p == nil {
		f, err := fleet.New(set)
		return f, nil, err
	}
	delete(b.parked, id)
	p.timer.Stop()
	return p.fleet, p.past, p.fleet.Configure(set)
}

// leave takes an instance out. The last one that makes events, or metrics, ends what they shared, within ctx, and lays the state by for a
// reload: nothing comes any more then, since each input has an instance for each output, and ends before it; and the consumers of all outputs
// still run, which need not be when the rest of the instances leave.
func (b *shareBook) leave(ctx context.Context, s *share, in *instance) error {
	b.mu.Lock()
	s.users = slices.DeleteFunc(s.users, func(u *instance) bool { return u == in })
	for i := range s.counter {
		if s.counter[i].Load() == in {
			s.counter[i].Store(s.another(input(i)))
		}
	}
	s.out.remove(in.logs, in.metrics)
	ends := !s.ended && !slices.ContainsFunc(s.users, func(u *instance) bool { return (u.logs != nil) == (in.logs != nil) })
	if ends {
		s.ended = true
		delete(b.shares, s.key)
	}
	b.mu.Unlock()
	if !ends {
		return nil
	}
	return s.end(ctx)
}

// another is an instance that counts in the place of one that has ended; nil for none. The book's mutex is held.
func (s *share) another(of input) *instance {
	for _, u := range s.users {
		if u.input == of {
			return u
		}
	}
	return nil
}

// end ends the goroutines within ctx, and lays the state by. What is complete is judged and told, and the metrics have all that was taken
// in. Seconds that are open still stay so: a connector with the same id after a reload judges them when the rest of them has come; of a
// process that ends nobody does, since half a second would look like a fault.
func (s *share) end(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, longestEnd)
		defer cancel()
	}
	close(s.stop)
	if s.hide != nil {
		s.hide()
	}
	var late error
	select {
	case <-s.done:
	case <-ctx.Done():
		late = ctx.Err()
	}
	now := s.book.now()
	s.tick(now)
	s.flush(now)
	written := s.past.close(ctx)
	err := errors.Join(late, s.keeper.close(ctx), s.out.close(ctx), <-written, s.unregister())
	if late == nil {
		s.book.park(s.key.id, &parked{fleet: s.fleet, past: s.left()})
	}
	return err
}

func (b *shareBook) park(id component.ID, p *parked) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.parked[id]; old != nil {
		old.timer.Stop()
	}
	p.timer = time.AfterFunc(parkedFor, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.parked[id] == p {
			delete(b.parked, id)
		}
	})
	b.parked[id] = p
}

// traces counts a batch. A fault of ours is not the pipeline's.
func (s *share) traces(td ptrace.Traces) {
	defer s.recover()
	s.fleet.Traces(s.book.now(), td)
}

// points is the same of metrics.
func (s *share) points(md pmetric.Metrics) {
	defer s.recover()
	s.fleet.Metrics(s.book.now(), md)
}

func (s *share) recover() {
	if r := recover(); r != nil {
		s.faults.Add(1)
		s.told.fault(s, r)
	}
}
