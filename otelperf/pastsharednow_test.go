// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// two are instances that share a store.
type two struct {
	t      *testing.T
	names  []string
	stores []*testrig.SharedHistory
	shops  []*bubble
}

func newTwo(t *testing.T) *two {
	w := &two{t: t, names: []string{"shop-1", "shop-2"}}
	store, names := &testrig.History{}, &sync.Map{}
	for _, name := range w.names {
		own := &testrig.SharedHistory{History: store, Name: name, Names: names}
		w.stores = append(w.stores, own)
		w.shops = append(w.shops, newBubble(t, "1.0", everybody, otelperf.WithHistory(own)))
	}
	return w
}

// run has the first do 60 requests a minute, and the second 30.
func (w *two) run(minutes int) {
	for range 6 * minutes {
		w.shops[0].run(5*time.Second, 2, 20*time.Millisecond, "/a")
		w.shops[1].run(5*time.Second, 1, 20*time.Millisecond, "/a")
	}
}

func (w *two) shutdown() {
	for _, s := range w.shops {
		_ = s.mon.Shutdown(w.t.Context())
	}
}

// numbered is an answer with a number.
type numbered struct {
	n      float64
	stored map[string]any
}

func (c *numbered) note() string {
	note, _ := c.stored["note"].(string)
	return note
}

func (c *numbered) instances() (list []string) {
	all, _ := c.stored["instances"].([]any)
	for _, x := range all {
		list = append(list, x.(string))
	}
	return list
}

var countedPaths = []string{"/summary", "/endpoints", "/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap"}

// ask is what one says of a fixed time, or of a window.
func (w *two) ask(i int, path, query string) (c numbered) {
	if strings.HasPrefix(path, "/endpoints/") {
		query += "&method=GET&route=/a"
	}
	a := (asker{w.t, w.shops[i].mon.Handler()}).ask(path, "%s", query)
	c.stored, _ = a["stored"].(map[string]any)
	if n, ok := a["count"].(float64); ok && path != "/endpoints" {
		c.n = n
		return c
	}
	for _, of := range []string{"endpoints", "points", "columns"} {
		if a[of] != nil {
			for _, r := range listOf(a, of) {
				c.n += r["count"].(float64)
			}
		}
	}
	return c
}

func fixed(from, to time.Time) string { return fmt.Sprintf("?from=%d&to=%d", from.Unix(), to.Unix()) }

// A time that reaches into the running minute is of all instances, up to the last minute that all have stored, also where memory has all of it; what
// follows is no gap, and is said. Of what began after that minute it is of one alone, which is said, too.
func TestSharedTimeUpToNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTwo(t)
		defer w.shutdown()
		w.run(12)
		time.Sleep(15 * time.Second)
		running := time.Now().Truncate(time.Minute)
		w.shops[0].run(10*time.Second, 3, 20*time.Millisecond, "/a")
		for _, query := range []string{fixed(running.Add(-5*time.Minute), time.Now()), fixed(running.Add(-5*time.Minute), time.Now().Add(time.Hour)), fixed(running.Add(-5*time.Minute), running.Add(time.Second))} {
			for _, path := range countedPaths {
				var first numbered
				for i := range w.shops {
					c := w.ask(i, path, query)
					if i == 0 {
						first = c
					}
					to := timeOf(t, c.stored["to"])
					if c.n < 5*90-2 || c.n > 5*90+2 || c.n != first.n || !slices.Equal(c.instances(), w.names) || !to.Equal(running) {
						t.Errorf("%s%s of %s: %v requests, first %v, want 450; stored is %v", path, query, w.names[i], c.n, first.n, c.stored)
					}
					if len(listOf(c.stored, "gaps")) > 0 || c.stored["missing_seconds"] != 0. || !strings.Contains(c.note(), "not stored by all instances yet") {
						t.Errorf("%s%s of %s: the running minute is a gap, or not said: %v", path, query, w.names[i], c.stored)
					}
				}
			}
		}
		for _, path := range countedPaths {
			if c := w.ask(0, path, fixed(running, time.Now())); c.n < 29 || c.n > 31 || !slices.Equal(c.instances(), w.names[:1]) || !strings.Contains(c.note(), "this instance alone") || len(listOf(c.stored, "gaps")) > 0 {
				t.Errorf("%s of the running minute: %v requests, stored is %v", path, c.n, c.stored)
			}
			day := w.ask(0, path, "?window=24h")
			if gaps := listOf(day.stored, "gaps"); len(gaps) != 1 || timeOf(t, gaps[0]["to"]).After(running.Add(-11*time.Minute)) || day.note() != "" {
				t.Errorf("%s of 24 h: the running minute is a gap: %v", path, day.stored)
			}
		}
		runtime := (asker{t, w.shops[0].mon.Handler()}).ask("/runtime", "%s", fixed(running.Add(-5*time.Minute), time.Now()))
		if notes := fmt.Sprint(runtime["notes"]); !strings.Contains(notes, "all instances") || !strings.Contains(notes, "not stored by all instances yet") {
			t.Errorf("the runtime's signals do not say whose they are: %s", notes)
		}
	})
}

// While the database cannot be read, an instance says what it has in memory, that this is all, and why; and again of all soon after.
func TestSharedStoreThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTwo(t)
		defer w.shutdown()
		w.run(12)
		time.Sleep(15 * time.Second)
		running := time.Now().Truncate(time.Minute)
		for _, s := range w.stores {
			s.Reading.Set(errors.New("the database is gone"))
		}
		time.Sleep(3 * time.Second) // answers and who shares the store are known for a moment
		within := fixed(running.Add(-6*time.Minute), running.Add(-2*time.Minute))
		for _, query := range []string{within, fixed(running.Add(-6*time.Minute), time.Now()), fixed(running.Add(-30*time.Second), time.Now()), "?window=24h"} {
			for _, path := range countedPaths {
				c := w.ask(0, path, query)
				if query == within && (c.n < 4*60-2 || c.n > 4*60+2) {
					t.Errorf("%s%s: %v requests, want 240 of memory", path, query, c.n)
				}
				if c.stored["error"] != "the database is gone" || !slices.Equal(c.instances(), w.names[:1]) || !strings.Contains(c.note(), "in memory: it is of this instance alone") {
					t.Errorf("%s%s: stored is %v", path, query, c.stored)
				}
			}
			a := asker{t, w.shops[0].mon.Handler()}
			for _, path := range []string{"/slow", "/spikes", "/marks"} {
				if strings.HasPrefix(query, "?window=") && path != "/slow" {
					continue
				}
				if note, _ := a.ask(path, "%s", query)["note"].(string); !strings.Contains(note, "the database is gone") {
					t.Errorf("%s%s does not say what it lacks: %q", path, query, note)
				}
			}
			if notes := fmt.Sprint(a.ask("/runtime", "%s", query)["notes"]); !strings.Contains(notes, "the database is gone") {
				t.Errorf("/runtime%s does not say what it lacks: %s", query, notes)
			}
		}
		if signals, _ := field((asker{t, w.shops[0].mon.Handler()}).ask("/summary", "%s", within), "runtime", "signals").([]any); len(signals) == 0 {
			t.Error("a summary of a time in memory has no signals of the runtime")
		}
		for _, s := range w.stores {
			s.Reading.Set(nil)
		}
		time.Sleep(31 * time.Second)
		for _, path := range countedPaths {
			if c := w.ask(0, path, within); c.n < 4*90-2 || c.n > 4*90+2 || c.stored["error"] != nil || !slices.Equal(c.instances(), w.names) {
				t.Errorf("%s, when it can be read again: %v requests, stored is %v", path, c.n, c.stored)
			}
		}
	})
}

// Minutes that wait in memory, because nobody can write, are no time in which no process ran: they are left out, which is said, of days too.
func TestSharedStoreThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTwo(t)
		defer w.shutdown()
		w.run(12)
		time.Sleep(15 * time.Second)
		locked := time.Now().Truncate(time.Minute)
		for _, s := range w.stores {
			s.Writing.Set(errors.New("the database is locked"))
		}
		w.run(8)
		for _, query := range []string{fixed(locked.Add(-5*time.Minute), time.Now()), "?window=24h"} {
			for _, path := range countedPaths {
				for i := range w.shops {
					c := w.ask(i, path, query)
					for _, g := range listOf(c.stored, "gaps") {
						if timeOf(t, g["to"]).After(locked) {
							t.Errorf("%s%s: what waits to be written is a gap: %v", path, query, c.stored)
						}
					}
					if !timeOf(t, c.stored["to"]).Equal(locked) || !strings.Contains(c.note(), "not stored by all instances yet") || query != "?window=24h" && (c.n < 5*90-2 || c.n > 5*90+2) {
						t.Errorf("%s%s of %s: %v requests, stored is %v", path, query, w.names[i], c.n, c.stored)
					}
				}
			}
		}
		if c := w.ask(0, "/summary", fixed(locked.Add(2*time.Minute), time.Now())); c.n < 300 || !slices.Equal(c.instances(), w.names[:1]) || !strings.Contains(c.note(), "this instance alone") {
			t.Errorf("of what is not stored: %v requests, stored is %v", c.n, c.stored)
		}
		w.stores[1].Writing.Set(nil) // one alone can write again: what the other did is missing, which it says
		w.run(10)
		query := fixed(locked.Add(-5*time.Minute), locked.Add(5*time.Minute))
		if c := w.ask(0, "/summary", query); !strings.Contains(c.note(), "What this instance did from "+locked.UTC().Format(time.DateTime)+" UTC on is not stored") {
			t.Errorf("an instance that cannot write does not say what is missing: %v, stored is %v", c.n, c.stored)
		}
		w.stores[0].Writing.Set(nil)
		w.run(6)
		query = fixed(locked.Add(time.Minute), locked.Add(7*time.Minute))
		for i := range w.shops {
			if c := w.ask(i, "/summary", query); c.n < 6*90-2 || c.n > 6*90+2 || c.note() != "" {
				t.Errorf("%s, when all is written: %v requests, want 540, stored is %v", w.names[i], c.n, c.stored)
			}
		}
	})
}

// What the one before did not store is a gap, up to when this process began.
func TestSharedGapEndsWithTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTwo(t)
		w.run(12)
		w.shops[0].run(20*time.Second, 1, 20*time.Millisecond, "/a")
		ended := time.Now()
		w.shutdown()
		time.Sleep(10*time.Minute + 20*time.Second)
		began := time.Now()
		w.shops[0] = newBubble(t, "1.0", everybody, otelperf.WithHistory(w.stores[0]))
		w.shops = w.shops[:1]
		defer w.shutdown()
		w.shops[0].run(20*time.Second, 1, 20*time.Millisecond, "/a")
		c := w.ask(0, "/summary", fixed(ended.Add(-5*time.Minute), time.Now()))
		gaps := listOf(c.stored, "gaps")
		if len(gaps) != 1 || timeOf(t, gaps[0]["from"]).Sub(ended).Abs() > time.Second || timeOf(t, gaps[0]["to"]).Sub(began).Abs() > time.Second || !strings.Contains(c.note(), "not stored by all instances yet") {
			t.Errorf("gaps are %v, want one from %v to %v; stored is %v", gaps, ended.UTC(), began.UTC(), c.stored)
		}
	})
}
