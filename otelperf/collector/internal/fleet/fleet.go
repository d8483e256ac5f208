// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/instances"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Name is what a service is known by.
type Name struct {
	Namespace, Name string // service.namespace, service.name

	rest bool // it is Other, and not a service that is called so
}

// String is "namespace/name", or the name alone.
func (n Name) String() string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "/" + n.Name
}

// Other is the service that those share for which there is no room.
var Other = Name{Name: conventions.OverflowRoute, rest: true}

// Fleet is the services that a collector sees.
type Fleet struct {
	by       atomic.Pointer[map[Name]*Service] // never written to once it is there
	settings atomic.Pointer[Settings]
	totals   atomic.Bool // sums since the start are kept
	counts   counts
	chunks   *chunks
	second   atomic.Int64 // by the collector's clock, as it was given last
	points   *points.Reader

	mu        sync.Mutex // one change of by, or of the settings, at a time; guards below
	newcomers []*Service // that wait to be told what is known of them

	ticking sync.Mutex // one tick at a time; guards below
	gather  gatherer
}

// News is something new about a service.
type News struct {
	Service *Service
	At      time.Time // when it became known, by the collector's clock
	Event   engine.Event
	Muted   bool               // for logs alone
	Member  *instances.Verdict // in place of an event: on one of its instances
	Related []Related          // incidents of other services that are open for the same cause, by service, at most 20; of a message
}

// New returns a Fleet. The error is that of [baseline.Config.Validate].
func New(s Settings) (*Fleet, error) {
	if err := s.Detector.Validate(); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	f := &Fleet{chunks: newChunks(s.SpanBytes), points: points.New(s.SeriesBytes)}
	f.settings.Store(&s)
	f.by.Store(&map[Name]*Service{})
	return f, nil
}

// KeepTotals has sums since then kept for [Service.Totals], which take about 4 kB an endpoint.
func (f *Fleet) KeepTotals() { f.totals.Store(true) }

// Settings returns what is in force, defaults filled in.
func (f *Fleet) Settings() Settings { return *f.settings.Load() }

// Configure changes the settings; what is known stays. Bounds that are lower than what there is hold for what is new. The error is that
// of [baseline.Config.Validate]; nothing is changed then.
func (f *Fleet) Configure(s Settings) error {
	if err := s.Detector.Validate(); err != nil {
		return err
	}
	s = s.withDefaults()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settings.Store(&s)
	f.chunks.limit(s.SpanBytes)
	if !s.Moves {
		f.newcomers = nil
		f.replace(func(by map[Name]*Service) {
			maps.DeleteFunc(by, func(_ Name, svc *Service) bool { return svc.gone != nil })
		})
	}
	for _, svc := range f.Services() {
		if err := svc.configure(&s); err != nil {
			return err // cannot be: it was validated
		}
	}
	return nil
}

// Service returns a service by its name, which it makes if it is new and there is room; else the one that the rest shares. Its strings may
// change afterwards.
func (f *Fleet) Service(n Name) *Service {
	if s := (*f.by.Load())[n]; s != nil {
		return s
	}
	return f.add(n)
}

func (f *Fleet) add(n Name) *Service {
	f.mu.Lock()
	defer f.mu.Unlock()
	by := *f.by.Load()
	if s := by[n]; s != nil {
		return s
	}
	set := f.settings.Load()
	n = Name{Namespace: conventions.Text(strings.Clone(n.Namespace), conventions.MaxNameBytes), Name: conventions.Text(strings.Clone(n.Name), conventions.MaxNameBytes)}
	if s := by[n]; s != nil { // cut
		return s
	}
	by = maps.Clone(by)
	_, overflows := by[Other]
	if own := len(by) - count(overflows); own >= set.MaxServices && !f.makeRoom(by) {
		f.counts.otherService.Add(1)
		if n = Other; overflows {
			return by[n]
		}
	}
	s := newService(f, n, set)
	if set.Moves && n != Other {
		s.waits = f.second.Load() + arrival
		f.newcomers = append(f.newcomers, s)
	}
	by[n] = s
	f.by.Store(&by)
	return s
}

// replace changes the services. f.mu is held.
func (f *Fleet) replace(change func(map[Name]*Service)) {
	by := maps.Clone(*f.by.Load())
	change(by)
	f.by.Store(&by)
}

// A service makes room for another one once nothing has come from it for goneAfter, or if an incident of it is open, such as that of its
// silence, for goneForGood. Seconds.
const (
	goneAfter   = 3600
	goneForGood = 24 * 3600
)

// makeRoom takes the service out that was seen longest ago, if it may be. f.mu is held.
func (f *Fleet) makeRoom(by map[Name]*Service) bool {
	var oldest *Service
	now := f.second.Load()
	for n, s := range by {
		gone := now - s.seen.Load()
		if s.gone != nil {
			delete(by, n) // that it has moved is forgotten: it may be asked again
			return true
		}
		if n == Other || gone <= goneAfter || gone <= goneForGood && s.engine.OpenIncidents() > 0 {
			continue
		}
		if oldest == nil || s.seen.Load() < oldest.seen.Load() {
			oldest = s
		}
	}
	if oldest == nil {
		return false
	}
	delete(by, oldest.name)
	oldest.release()
	return true
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Services returns those that there are, by name. There are at most MaxServices and [Other].
func (f *Fleet) Services() []*Service {
	all := make([]*Service, 0, len(*f.by.Load()))
	for _, s := range *f.by.Load() {
		if s.gone == nil {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *Service) int { return strings.Compare(a.full, b.full) })
	return all
}

// Find returns a service by its [Name.String], which several may share; nil for none.
func (f *Fleet) Find(full string) *Service {
	for _, s := range *f.by.Load() {
		if s.full == full && s.gone == nil {
			return s
		}
	}
	return nil
}

// Tick gives the engines every second that is complete at now, makes the anatomies of slow requests whose spans had time to arrive, and
// returns what is new. It is called once a second, and may be called more often.
func (f *Fleet) Tick(now time.Time) (news []News) {
	f.ticking.Lock()
	defer f.ticking.Unlock()
	f.second.Store(now.Unix())
	services := f.Services()
	f.anatomies(now, services)
	for _, s := range services {
		for _, ev := range s.seal(now) {
			news = s.tell(news, now, ev)
		}
		news = s.tellDue(news, now)
		for _, v := range s.members.Judge(now) {
			news = append(news, News{Service: s, At: now, Member: &v})
		}
	}
	relate(news, services)
	return news
}
