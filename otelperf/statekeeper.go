// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
)

// saveEvery is how often baselines are written.
const saveEvery = time.Minute

// stateKeeper reads the state file at the start and writes it every minute and at the end, from a goroutine of its own. When another
// process writes the same file, or a newer version has written it, it leaves the file alone and says so.
type stateKeeper struct {
	*worker.Worker
	path   string
	memory *stateMemory
	wrote  string // who wrote the file as we last knew it; "": nobody
	leave  bool   // the file is not ours to write

	failed   atomic.Uint64 // reads and writes that failed
	conflict atomic.Bool

	mu      sync.Mutex // guards what follows
	trouble error      // with the file as it is now; nil: none
	unsaved error      // of the last save, until it was returned by Close
}

func newStateKeeper(path string, memory *stateMemory) *stateKeeper {
	return &stateKeeper{Worker: worker.New(), path: path, memory: memory}
}

// load returns what the file holds. What is wrong with it is reported, and it counts as empty.
func (k *stateKeeper) load() (statefile.Header, statefile.Content) {
	h, saved, err := statefile.Read(k.path)
	k.wrote = h.Writer
	if err != nil {
		k.leave = errors.Is(err, statefile.ErrNewer)
		k.report(err)
		return statefile.Header{}, statefile.Content{}
	}
	if err := statefile.Sweep(k.path, time.Now()); err != nil {
		k.report(err)
	}
	return h, saved
}

func (k *stateKeeper) start() {
	k.Run(func() {
		ticker := time.NewTicker(saveEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				k.save()
			case <-k.Stopping():
				k.save()
				return
			}
		}
	})
}

// Close saves for the last time and ends the goroutine, within ctx. The error is that of the last save, too, which is returned once.
func (k *stateKeeper) Close(ctx context.Context) error {
	if err := k.Worker.Close(ctx); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.unsaved
	k.unsaved = nil
	return err
}

// Trouble is what is wrong with the file as it is now; nil if nothing is.
func (k *stateKeeper) Trouble() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trouble
}

// save writes the file, unless it belongs to somebody else.
func (k *stateKeeper) save() {
	if k.leave {
		return
	}
	err := k.mayWrite()
	if err == nil {
		err = k.write()
	}
	k.mu.Lock()
	k.trouble, k.unsaved = err, err
	if k.leave {
		k.unsaved = nil // it is not for us to save
	}
	k.mu.Unlock()
	if err != nil {
		k.report(err)
	}
}

func (k *stateKeeper) write() error {
	h, c := k.memory.take(k.memory.limit)
	if err := statefile.Write(k.path, h, c); err != nil {
		return err
	}
	k.wrote = h.Writer
	return nil
}

// mayWrite returns nil if the file is absent, empty, or as we wrote or read it.
func (k *stateKeeper) mayWrite() error {
	h, err := statefile.Look(k.path)
	k.leave = errors.Is(err, statefile.ErrNewer)
	if err != nil || h.Writer == "" || h.Writer == k.wrote {
		return err
	}
	k.leave = true
	k.conflict.Store(true)
	return fmt.Errorf("%w: %s is also written by instance %s of %s: give each process a file of its own; this one stops writing",
		statefile.Err, k.path, h.Instance, h.Service)
}

func (k *stateKeeper) report(err error) {
	k.failed.Add(1)
	k.mu.Lock()
	k.trouble = err
	k.mu.Unlock()
	otel.Handle(err)
}
