// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// maxBundles is how many bundles of a service a directory has at most.
const maxBundles = 20

// bundleAgain is after how long the bundle of a spike that is open is written once more: by then there is more to know.
const bundleAgain = 30 * time.Second

// WithBundleDir has the bundle of each spike, which GET spikes/{id}/bundle serves as well, written to a directory: when the spike is
// reported, half a minute later, when it grows and when it ends, and at Shutdown. So it is there after the process has died. The files
// are named otelperf-SERVICE-spike-ID.zip; of those of a service, the latest 20 stay, of at most 32 MiB each before compression. New
// reports ErrConfig unless dir is a directory that can be written to. What fails later is counted, reported to the OpenTelemetry error
// handler, and in Health (bundles). The default is no directory.
func WithBundleDir(dir string) Option {
	return optionFunc(func(c *config) {
		if err := writable(dir); err != nil {
			c.refuse("bundle directory is %q, accepted are directories that can be written to: %w", dir, err)
			return
		}
		c.bundleDir = dir
	})
}

func writable(dir string) error {
	if dir == "" {
		return errors.New("it is empty")
	}
	f, err := os.CreateTemp(dir, temporaryBundle+"*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// temporaryBundle begins the names of what is being written.
const temporaryBundle = ".otelperf-bundle-"

// bundleDir writes bundles to a directory, from a goroutine of its own.
type bundleDir struct {
	*worker.Worker
	dir     string
	service func() string
	bundle  func(id string) (zip []byte, ok bool, err error)
	faults  *fault.Log

	queue   chan string // ids of spikes
	failed  atomic.Uint64
	trouble atomic.Pointer[string] // of the last write; nil: none
}

func newBundleDir(m *Monitor) *bundleDir {
	return &bundleDir{
		Worker: worker.New(), dir: m.cfg.bundleDir, service: func() string { return m.identity().service }, bundle: m.bundle, faults: &m.faults,
		queue: make(chan string, queuedAlerts),
	}
}

// put has the bundle of an incident written. It never blocks.
func (b *bundleDir) put(in *engine.Incident) {
	if b == nil {
		return
	}
	select {
	case b.queue <- in.ID:
	default:
		b.failed.Add(1)
	}
}

func (b *bundleDir) start() {
	b.Run(func() {
		again := map[string]bool{} // those to be written once more
		timer := time.NewTimer(bundleAgain)
		defer timer.Stop()
		for {
			select {
			case id := <-b.queue:
				b.save(id)
				again[id] = true
				timer.Reset(bundleAgain)
			case <-timer.C:
				for id := range again {
					b.save(id)
				}
				clear(again)
			case <-b.Stopping():
				for len(b.queue) > 0 {
					again[<-b.queue] = true
				}
				for id := range again {
					b.save(id)
				}
				return
			}
		}
	})
}

func (b *bundleDir) save(id string) {
	b.faults.Guard("the bundles", func() {
		err := b.write(id)
		if err == nil {
			b.trouble.Store(nil)
			return
		}
		b.failed.Add(1)
		b.trouble.Store(new(err.Error()))
		otel.Handle(fmt.Errorf("otelperf: writing the bundle of spike %s: %w", id, err))
	})
}

// Trouble is what was wrong with the last write; empty if nothing was.
func (b *bundleDir) Trouble() string {
	if b == nil {
		return ""
	}
	if t := b.trouble.Load(); t != nil {
		return *t
	}
	return ""
}

// write replaces the bundle of a spike in one step, and removes those that are too many.
func (b *bundleDir) write(id string) (err error) {
	zip, ok, err := b.bundle(id)
	if err != nil || !ok {
		return err
	}
	f, err := os.CreateTemp(b.dir, temporaryBundle+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // a leftover is all there is to lose
		}
	}()
	_, werr := f.Write(zip)
	if err = errors.Join(werr, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), filepath.Join(b.dir, b.prefix()+id+".zip")); err != nil {
		return err
	}
	return b.sweep()
}

// prefix begins the names of a service's bundles.
func (b *bundleDir) prefix() string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, b.service())
	return "otelperf-" + cmp.Or(name[:min(len(name), 64)], "service") + "-spike-"
}

// sweep removes the oldest bundles of the service beyond maxBundles.
func (b *bundleDir) sweep() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	type written struct {
		name string
		at   time.Time
	}
	var all []written
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), b.prefix()) || !strings.HasSuffix(e.Name(), ".zip") || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil { // else it is gone
			all = append(all, written{e.Name(), info.ModTime()})
		}
	}
	order.By(all, func(a, b *written) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.name, a.name)) })
	var errs []error
	for _, w := range all[min(len(all), maxBundles):] {
		errs = append(errs, os.Remove(filepath.Join(b.dir, w.name)))
	}
	return errors.Join(errs...)
}

// Close writes what is waiting, and ends the goroutine, within ctx.
func (b *bundleDir) Close(ctx context.Context) error { return b.Worker.Close(ctx) }
