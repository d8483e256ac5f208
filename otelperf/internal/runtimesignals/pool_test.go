// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

func take(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answered samples until a pool has answered after now.
func (rg *rig) answered(t *testing.T, name string) PoolState {
	t.Helper()
	i, began := 0, time.Now()
	for ; rg.pools[i].Name != name; i++ {
	}
	testrig.Eventually(t, "pool "+name+" answers", func() bool {
		rg.now = time.Now()
		rg.Recorder.sample(rg.now)
		return rg.pools[i].at.After(began)
	})
	return rg.Report(rg.now).Pools[i]
}

// A real pool that is too small: who waits is seen, with what is in use.
func TestPool(t *testing.T) {
	db := testrig.DB(t, 2)
	rg := newRig(t, t.TempDir(), Pool{"main", db.Stats})
	if p := rg.answered(t, "main"); p.Max != 2 || p.InUse != 0 || p.AgeSeconds == nil {
		t.Fatalf("%+v, want an idle pool of two", p)
	}
	a, b := take(t, db), take(t, db)
	var waiting sync.WaitGroup
	for range 5 {
		waiting.Go(func() {
			if c, err := db.Conn(t.Context()); err == nil {
				_ = c.Close()
			}
		})
	}
	testrig.Eventually(t, "five wait", func() bool { return db.Stats().WaitCount == 5 })
	if p := rg.answered(t, "main"); p.InUse != 2 || p.Open != 2 {
		t.Errorf("%+v, want both in use", p)
	}
	_, _ = a.Close(), b.Close()
	waiting.Wait()
	if p := rg.answered(t, "main"); p.InUse != 0 || value(p.WaitsPerSecond) < 0 {
		t.Errorf("%+v after the waits", p)
	}
}

// What was waited in a second is how many wait; the sentences name the pool.
func TestPoolSignals(t *testing.T) {
	rg := newSilentRig(t, t.TempDir(), Pool{"main", nil})
	p := rg.pools[0]
	answer := func(s sql.DBStats) {
		s.MaxOpenConnections = 10
		rg.now = rg.now.Add(time.Second)
		p.mu.Lock()
		p.answer, p.answered = s, rg.now
		p.mu.Unlock()
		rg.store(rg.now, 0, new(values))
	}
	for range 300 {
		answer(sql.DBStats{InUse: 3})
	}
	waited, count := time.Duration(0), int64(0)
	for range 12 {
		waited, count = waited+17*time.Second, count+40
		answer(sql.DBStats{InUse: 10, WaitDuration: waited, WaitCount: count})
	}
	rep := rg.Report(rg.now)
	var said []string
	for _, d := range rep.Unusual {
		said = append(said, d.Sentence)
	}
	if got := strings.Join(said, "; "); got != "17 requests wait for a connection of pool main, usually 0; 10 of 10 connections of pool main are in use, usually 3" {
		t.Errorf("%s", got)
	}
	if s := rep.Pools[0]; value(s.WaitsPerSecond) != 40 || value(s.Waiting) != 17 || s.InUse != 10 || s.Max != 10 {
		t.Errorf("%+v", s)
	}
}

// A pool whose connections are always all in use has that as its normal.
func TestFullPoolIsNormal(t *testing.T) {
	l := newLine(&ofPool[poolInUse], &poolLine{stats: sql.DBStats{MaxOpenConnections: 2}})
	for _, tt := range []struct {
		normal normal
		now    float64
		far    bool
	}{{normal{2, 2}, 2, false}, {normal{0, 1}, 2, true}, {normal{0, 1}, 1.5, false}, {normal{unknown, unknown}, 2, false}} {
		l.normal = tt.normal
		if got := l.excess(tt.now) > 0; got != tt.far {
			t.Errorf("%v in use, usually %+v: beyond its normal %v, want %v", tt.now, tt.normal, got, tt.far)
		}
	}
}

// A pool that blocks keeps its own goroutine alone: sampling goes on, and what it said grows old and counts no more.
func TestPoolThatBlocks(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	db := testrig.DB(t, 1)
	rg := newRig(t, t.TempDir(),
		Pool{"stuck", func() sql.DBStats { entered <- struct{}{}; <-release; return sql.DBStats{InUse: 7} }}, Pool{"main", db.Stats},
		Pool{"broken", func() sql.DBStats { panic("out of order") }})
	rg.sample()
	<-entered
	rg.answered(t, "main")
	testrig.Eventually(t, "a panic is counted", func() bool {
		rg.sample()
		return rg.Report(rg.now).Pools[2].Faults > 0
	})
	stuck := rg.Report(rg.now).Pools[0]
	if stuck.AgeSeconds != nil || stuck.Waiting != nil || rg.reading(t, "pool_in_use", "stuck").Now != nil {
		t.Errorf("%+v of a pool that never answered", stuck)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := rg.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("closing while it blocks: %v", err)
	}
	close(release)
	if err := rg.Close(t.Context()); err != nil {
		t.Errorf("closing afterwards: %v", err)
	}
}

func TestOldAnswersDoNotCount(t *testing.T) {
	rg := newSilentRig(t, t.TempDir(), Pool{"main", nil})
	p := rg.pools[0]
	p.answer, p.answered = sql.DBStats{InUse: 4}, rg.now
	for s, want := range map[int]float64{1: 4, 3: 4, 4: -1, 60: -1} {
		if v := p.sample(rg.now.Add(time.Duration(s) * time.Second))[poolInUse]; v != want && (want != -1 || v == v) {
			t.Errorf("%d s after the answer %v are in use, want %v", s, v, want)
		}
	}
}
