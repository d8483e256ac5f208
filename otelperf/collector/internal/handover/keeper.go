// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

const (
	// quietAfter is how long nothing comes of a service that is quiet.
	quietAfter = 10 * time.Second
	// longestWait is how long a message waits for the store at most, and maxNews how many of a service do.
	longestWait = 5 * time.Second
	maxNews     = 64
	// lookAgain is how often it is looked whether a service that has moved is back.
	lookAgain = 5 * time.Second
)

// Settings are what a Keeper needs.
type Settings struct {
	Fleet *fleet.Fleet
	Store Store
	// Collector is the name of this process, another one after a restart; Host is for people.
	Collector, Host string
	// Prefix begins the names of values: those of other connectors in the same store begin otherwise.
	Prefix string
	// Interval is how often what is known of a service is written, and MaxBytes how much at most.
	Interval time.Duration
	MaxBytes int
	Logger   *zap.Logger
	// Now is the collector's clock.
	Now func() time.Time
	// Deliver hands on a message. It must not block.
	Deliver func(*fleet.News)
}

// Stats counts since the start.
type Stats struct {
	TakenOver  uint64 // services that began with what another collector, or another process of this one, knew
	HandedOver uint64 // services that another collector has taken over
	Failures   uint64 // of the store
	Dropped    uint64 // messages that were left out, since too many waited
}

// Keeper follows the protocol for the services of a fleet. All methods are safe for concurrent use.
type Keeper struct {
	Settings
	takenOver, handedOver, failures, dropped atomic.Uint64

	mu      sync.Mutex // guards all below
	entries map[*fleet.Service]*entry
	jobs    map[*fleet.Service]*job
	order   []*fleet.Service         // in which jobs are done: arrivals first
	back    map[fleet.Name]time.Time // of services that have moved: when it is looked next whether they are back
	returns []fleet.Name             // to be looked at
	looked  time.Time
	down    time.Time // until when the store is not asked
	wake    chan struct{}
}

// entry is what is remembered of a service.
type entry struct {
	saved time.Time
	quiet bool
}

// job is what is to be done about a service.
type job struct {
	arrive, check, save bool
	news                []fleet.News
	since               time.Time // of the first of the news
}

// New returns a Keeper. Services that the fleet has are looked at first.
func New(s Settings) *Keeper {
	k := &Keeper{Settings: s, entries: map[*fleet.Service]*entry{}, jobs: map[*fleet.Service]*job{}, back: map[fleet.Name]time.Time{}, wake: make(chan struct{}, 1)}
	for _, svc := range s.Fleet.Services() {
		k.job(svc).check = true
	}
	return k
}

// Stats returns what it has done.
func (k *Keeper) Stats() Stats {
	return Stats{TakenOver: k.takenOver.Load(), HandedOver: k.handedOver.Load(), Failures: k.failures.Load(), Dropped: k.dropped.Load()}
}

// Tick notes what is to be done as of now, of messages that the fleet has told among it. It does not wait for the store.
func (k *Keeper) Tick(now time.Time, news []fleet.News) {
	late := k.note(now, news)
	for i := range late {
		k.Deliver(&late[i])
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// note returns messages that have waited for too long.
func (k *Keeper) note(now time.Time, news []fleet.News) (late []fleet.News) {
	services := k.Fleet.Services()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.Fleet.Newcomers() {
		k.job(s).arrive = true
	}
	for _, n := range news {
		if n.Service.Name() == fleet.Other {
			late = append(late, n)
			continue
		}
		j := k.job(n.Service)
		if len(j.news) >= maxNews {
			j.news = j.news[1:]
			k.dropped.Add(1)
		}
		if len(j.news) == 0 {
			j.since = time.Now()
		}
		j.news, j.save = append(j.news, n), true
	}
	for _, j := range k.jobs {
		if len(j.news) > 0 && time.Since(j.since) > longestWait {
			late, j.news = append(late, j.news...), nil
		}
	}
	k.due(now, services)
	k.lookBack(now)
	return late
}

// due notes which services are to be saved or looked at. k.mu is held.
func (k *Keeper) due(now time.Time, services []*fleet.Service) {
	for _, s := range services {
		if s.Name() == fleet.Other || s.Waits() {
			continue
		}
		e := k.entries[s]
		if e == nil {
			e = &entry{saved: now.Add(-rand.N(k.Interval))}
			k.entries[s] = e
		}
		if now.Sub(e.saved) >= k.Interval {
			e.saved = now
			k.job(s).save = true
		}
		if isQuiet := now.Sub(s.Seen()) >= quietAfter; isQuiet != e.quiet {
			e.quiet = isQuiet
			k.job(s).check = true
		}
	}
	if len(k.entries) > len(services) {
		for s := range k.entries {
			if !slices.Contains(services, s) {
				delete(k.entries, s)
			}
		}
	}
}

// lookBack notes which services that have moved may be back. k.mu is held.
func (k *Keeper) lookBack(now time.Time) {
	if now.Sub(k.looked) < lookAgain {
		return
	}
	k.looked = now
	next := map[fleet.Name]time.Time{}
	for _, m := range k.Fleet.Moved() {
		at, ok := k.back[m.Name]
		switch {
		case now.Sub(m.Seen) > lookAgain: // nothing came lately
			at = now
		case !ok:
			at = now.Add(lookAgain)
		case !now.Before(at):
			k.returns = append(k.returns, m.Name)
			at = now.Add(k.Interval)
		}
		next[m.Name] = at
	}
	k.back = next
}

// job is that of a service, which it makes. k.mu is held, or nobody else has k.
func (k *Keeper) job(s *fleet.Service) *job {
	j := k.jobs[s]
	if j == nil {
		j = &job{}
		k.jobs[s] = j
		k.order = append(k.order, s)
	}
	return j
}

// next takes the job that is to be done first; nil for none.
func (k *Keeper) next() (*fleet.Service, *job) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.order) == 0 {
		return nil, nil
	}
	first := max(0, slices.IndexFunc(k.order, func(s *fleet.Service) bool { return k.jobs[s].arrive }))
	s := k.order[first]
	k.order = slices.Delete(k.order, first, first+1)
	j := k.jobs[s]
	delete(k.jobs, s)
	return s, j
}

// Run does what is to be done until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
			k.Work(ctx)
		}
	}
}

// Work does what is to be done now. It is for one goroutine at a time.
func (k *Keeper) Work(ctx context.Context) {
	for ctx.Err() == nil {
		s, j := k.next()
		if s == nil {
			break
		}
		k.do(ctx, s, j)
	}
	k.mu.Lock()
	returns := k.returns
	k.returns = nil
	k.mu.Unlock()
	for _, n := range returns {
		k.lookAt(ctx, n)
	}
}

// Close says that this collector has ended, and writes what is known of all its services, within ctx. Run has ended.
func (k *Keeper) Close(ctx context.Context) error {
	k.Work(ctx)
	for _, s := range k.Fleet.Services() {
		if s.Name() != fleet.Other && ctx.Err() == nil && k.ours(ctx, s, left) == yes {
			k.save(ctx, s)
		}
	}
	return k.Store.Close(ctx)
}
