// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

// noon is the start, on a Monday: at a weekend silence is not judged in the first week.
var noon = time.Unix(1_799_654_400, 0)

// memory is a Store in memory.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
	down   bool
	hangs  bool
}

func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], m.trouble(ctx)
}

func (m *memory) Set(ctx context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble(ctx); err != nil {
		return err
	}
	m.values[key] = value
	return nil
}

func (m *memory) trouble(ctx context.Context) error {
	if m.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if m.down {
		return errors.New("no answer")
	}
	return nil
}

func (*memory) Close(context.Context) error { return nil }

// shard is a collector.
type shard struct {
	name   string
	fleet  *fleet.Fleet
	keeper *Keeper // nil: services that come to it are learned, and those that go are silent
}

// town is collectors among which services are spread, in simulated time.
type town struct {
	*testing.T
	store  Store
	now    time.Time
	shards []*shard
	told   []string // messages: time after noon, service, what, reason
}

func newTown(t *testing.T, store Store, shards int) *town {
	w := &town{T: t, store: store, now: noon}
	for range shards {
		w.add()
	}
	return w
}

func (w *town) add() *shard {
	w.Helper()
	f, err := fleet.New(fleet.Settings{Moves: w.store != nil})
	if err != nil {
		w.Fatal(err)
	}
	s := &shard{name: fmt.Sprint("collector-", len(w.shards)), fleet: f}
	if w.store != nil {
		s.keeper = New(Settings{
			Fleet: f, Store: w.store, Collector: s.name, Host: s.name, Prefix: "otelperf", Interval: time.Minute, MaxBytes: 4 << 20, Logger: zaptest.NewLogger(w.T, zaptest.Level(zap.WarnLevel)),
			Now: func() time.Time { return w.now }, Deliver: func(n *fleet.News) { w.tell(s, n) },
		})
	}
	w.shards = append(w.shards, s)
	return s
}

func (w *town) tell(s *shard, n *fleet.News) {
	ev := &n.Event
	if n.Member != nil {
		w.told = append(w.told, fmt.Sprintf("%v %v %s", w.now.Sub(noon), n.Service.Name(), n.Member.Text()))
		return
	}
	what := "more"
	switch {
	case ev.Opened:
		what = "opened"
	case ev.Closed:
		what = "closed"
	case ev.Resumed:
		what = "resumed"
	}
	w.told = append(w.told, fmt.Sprintf("%v %v %s %s by %s: %s", w.now.Sub(noon), n.Service.Name(), what, ev.Incident.ID, s.name, ev.Incident.Reason))
}

// of has a service go to the shard of the greatest hash, among the first n: with one shard more, only those move that go to that.
func (w *town) of(service string, n int) *shard {
	return slices.MaxFunc(w.shards[:n], func(a, b *shard) int { return cmp.Compare(hash(service+a.name), hash(service+b.name)) })
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// run sends batches, of which route says the shard, until the time that is end after noon.
func (w *town) run(batches []simulate.Batch, end time.Duration, route func(*simulate.Batch) *shard) {
	i := 0
	for ; w.now.Sub(noon) < end; w.now = w.now.Add(time.Second) {
		for ; i < len(batches) && !batches[i].At.After(w.now); i++ {
			if s := route(&batches[i]); s != nil {
				s.fleet.Traces(w.now, batches[i].Traces(0))
			}
		}
		for _, s := range w.shards {
			w.tick(s)
		}
	}
}

func (w *town) tick(s *shard) {
	news := s.fleet.Tick(w.now)
	news = slices.DeleteFunc(news, func(n fleet.News) bool { return n.Member == nil && n.Event.Part != nil })
	if s.keeper == nil {
		for i := range news {
			w.tell(s, &news[i])
		}
		return
	}
	s.keeper.Tick(w.now, news)
	s.keeper.Work(w.Context())
}

// count is how many messages have all of some words.
func (w *town) count(words ...string) (n int) {
	for _, line := range w.told {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			n++
		}
	}
	return n
}

func (w *town) text() string { return strings.Join(w.told, "\n") }
