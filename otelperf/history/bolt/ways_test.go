// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// hindered is a store in a file with something in its way.
type hindered struct {
	*Store
	way   atomic.Pointer[func(context.Context) error] // what Append does first
	asked time.Duration                               // how long Range takes
}

func (h *hindered) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	time.Sleep(h.asked)
	return h.Store.Range(ctx, q)
}

func (h *hindered) hinder(f func(context.Context) error) { h.way.Store(&f) }

func (h *hindered) Append(ctx context.Context, b *history.Batch) error {
	if f := h.way.Load(); f != nil {
		if err := (*f)(ctx); err != nil {
			return err
		}
	}
	return h.Store.Append(ctx, b)
}

// live checks that the numbers in memory are those of the last minute of ten requests a second.
func (s *service) live(t *testing.T, when string) {
	t.Helper()
	for _, e := range s.mon.Summary(otelperf.Window1m).Endpoints {
		if e.Count < 590 || e.Count > 630 {
			t.Errorf("%s the live numbers say %d of %s in a minute, want 600", when, e.Count, e.Route)
		}
	}
}

// inTheWay runs a service while its store is hindered for a time and then free, and returns its history's diagnostics in between and at the
// end.
func inTheWay(t *testing.T, s *service, free func(), d time.Duration) (during, after string) {
	t.Helper()
	s.run(d, 10, usual, "/checkout")
	s.live(t, "meanwhile")
	during = fmt.Sprintf("%s; %+v", s.check("history"), *s.mon.Diagnostics().History)
	free()
	s.run(10*time.Minute, 10, usual, "/checkout")
	s.live(t, "afterwards")
	return during, fmt.Sprintf("%s; %+v", s.check("history"), *s.mon.Diagnostics().History)
}

// Whatever a store does for a quarter of an hour, the service and its numbers are as they were, health says what it is, and nothing is lost.
func TestStoreInTheWay(t *testing.T) {
	gone := errors.New("connection refused")
	for name, test := range map[string]struct {
		way  func(context.Context) error
		want string
	}{
		"down":                      {func(context.Context) error { return gone }, "connection refused"},
		"slow, as long as it may":   {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "deadline exceeded"},
		"slow, and minds no limits": {func(context.Context) error { time.Sleep(14 * time.Minute); return gone }, "has not answered for"},
		"a panic":                   {func(context.Context) error { panic("store") }, "panicked"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &hindered{Store: open(t, path(t))}
				s := begin(t, store)
				s.run(3*time.Minute, 10, usual, "/checkout")
				store.hinder(test.way)
				during, after := inTheWay(t, s, func() { store.hinder(func(context.Context) error { return nil }) }, 13*time.Minute)
				if !strings.HasPrefix(during, "warn") || !strings.Contains(during, test.want) || !strings.Contains(during, "Waiting:13") && !strings.Contains(during, "Waiting:12") {
					t.Errorf("meanwhile: %s", during)
				}
				if !strings.HasPrefix(after, "pass") || !strings.Contains(after, "Lost:0") {
					t.Errorf("afterwards: %s", after)
				}
				s.stop(t)
				s.checkRows(t, store, time.Now().Add(time.Hour))
			})
		})
	}
}

// Of a store that is down for hours an hour waits, and what is lost is counted.
func TestStoreDownForHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hindered{Store: open(t, path(t))}
		s := begin(t, store)
		s.run(3*time.Minute, 10, usual, "/checkout")
		store.hinder(func(context.Context) error { return errors.New("connection refused") })
		began := time.Now()
		s.run(2*time.Minute, 10, 60*usual, "/checkout") // slow requests, that are stored afterwards
		s.run(3*time.Hour, 10, usual, "/checkout")
		store.hinder(func(context.Context) error { return nil })
		s.run(10*time.Minute, 10, usual, "/checkout")
		if d := s.mon.Diagnostics().History; d.Lost < 115 || d.Lost > 130 || d.Waiting > 1 || d.Error != "" {
			t.Errorf("after three hours: %+v, want some 120 minutes lost", *d)
		}
		s.stop(t)
		stored := len(historytest.Read(t, store, history.Query{From: began, To: time.Now()}))
		if lost := int(s.mon.Diagnostics().History.Lost); stored+lost < 190 || stored+lost > 194 {
			t.Errorf("%d minutes are stored, %d are said to be lost, of 192", stored, lost)
		}
		if len(storedRequests(t, store)) == 0 {
			t.Error("the slow requests of then are not stored")
		}
	})
}

// Shutdown minds its context, and a later one what is left.
func TestShutdownWhileAStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hindered{Store: open(t, path(t))}
		s := begin(t, store)
		s.run(90*time.Second, 10, usual, "/checkout")
		store.hinder(func(context.Context) error { time.Sleep(time.Hour); return nil })
		s.run(time.Minute, 10, usual, "/checkout")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := s.mon.Shutdown(ctx)
		if took := time.Since(began); took > 6*time.Second || !errors.Is(err, otelperf.ErrShutdown) || !strings.Contains(fmt.Sprint(err), "history") {
			t.Errorf("after %v: %v", took, err)
		}
		store.hinder(func(context.Context) error { return nil })
		time.Sleep(2 * time.Hour)
		if err := s.mon.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "history: storing the minute") {
			t.Errorf("a later Shutdown says %v, want what could not be stored", err)
		}
		if _, err := store.Stats(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// New waits a second at most for what the store has of the process before.
func TestNewWhileAStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hindered{Store: open(t, path(t)), asked: time.Minute}
		began := time.Now()
		s := begin(t, store)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("New took %v", took)
		}
		s.run(3*time.Minute, 10, usual, "/checkout")
		s.live(t, "afterwards")
		s.stop(t)
		store.asked = 0
		s.checkRows(t, store, time.Now())
	})
}

// A file that is not ours to write is left as it is; what is not written of an hour waits until it is.
func TestFileInTheWay(t *testing.T) {
	for name, test := range map[string]struct {
		begin func(t *testing.T, file string) (free func())
		want  string
	}{
		"locked": {func(t *testing.T, file string) func() {
			other, err := bbolt.Open(file, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			return func() { _ = other.Close() }
		}, "another process has"},
		"newer": {func(t *testing.T, file string) func() {
			change(t, file, func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists(aboutBucket)
				if err != nil {
					return err
				}
				return b.Put(formatKey, []byte(`{"format":"otelperf-history","version":2}`))
			})
			return func() { _ = os.Remove(file) }
		}, "newer version"},
		"something else": {func(t *testing.T, file string) func() {
			if err := os.WriteFile(file, bytes.Repeat([]byte("listen: :8080\n"), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
			return func() { _ = os.Remove(file) }
		}, "something else"},
		"no directory": {func(t *testing.T, file string) func() {
			if err := os.Symlink("nowhere/shop.db", file); err != nil {
				t.Skip(err)
			}
			return func() { _ = os.Remove(file) }
		}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			file := path(t)
			free := test.begin(t, file)
			before, _ := os.ReadFile(file)
			synctest.Test(t, func(t *testing.T) {
				store := open(t, file)
				s := begin(t, store)
				during, after := inTheWay(t, s, func() {
					if now, _ := os.ReadFile(file); !bytes.Equal(before, now) {
						t.Error("the file was changed")
					}
					free()
				}, 13*time.Minute)
				if !strings.HasPrefix(during, "warn") || !strings.Contains(during, test.want) {
					t.Errorf("meanwhile: %s", during)
				}
				if !strings.HasPrefix(after, "pass") || !strings.Contains(after, "Lost:0") {
					t.Errorf("afterwards: %s", after)
				}
				s.stop(t)
				s.checkRows(t, store, time.Now().Add(time.Hour))
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A file that is damaged under a service that runs is set aside under a name that health says, and the service goes on with another.
func TestFileDamagedUnderAService(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"zeros": func(file string) error { return os.WriteFile(file, make([]byte, 1<<20), 0o600) },
		"cut":   func(file string) error { return os.Truncate(file, 3*int64(os.Getpagesize())) },
		"empty": func(file string) error { return os.Truncate(file, 0) },
		"noise": func(file string) error {
			data, err := os.ReadFile(file)
			for i := 2 * os.Getpagesize(); i < len(data); i++ {
				data[i] ^= byte(i * 7919 >> 3)
			}
			return errors.Join(err, os.WriteFile(file, data, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				file := path(t)
				store := open(t, file, quiet(&log))
				s := begin(t, store)
				s.run(5*time.Minute, 10, usual, "/checkout")
				if err := damage(file); err != nil {
					t.Fatal(err)
				}
				s.run(10*time.Minute, 10, usual, "/checkout")
				s.live(t, "afterwards")
				st, err := store.Stats(t.Context())
				if err != nil || st.SetAside == "" || !strings.Contains(s.check("history"), st.SetAside) || !strings.Contains(log.String(), st.SetAside) {
					t.Errorf("%+v, %v; health says %q, the log %q", st, err, s.check("history"), &log)
				}
				if _, err := os.Stat(st.SetAside); err != nil {
					t.Error(err)
				}
				stored := len(historytest.Read(t, store, history.Query{From: time.Now().Add(-20 * time.Minute), To: time.Now()}))
				if d := s.mon.Diagnostics().History; stored < 9 || d.Waiting > 1 {
					t.Errorf("%d minutes are in the new file; %+v", stored, *d)
				}
				s.stop(t)
			})
		})
	}
}
