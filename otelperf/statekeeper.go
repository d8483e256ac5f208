// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
)

// saveEvery is how often baselines are written.
const saveEvery = time.Minute

// stateKeeper reads the state file at the start and writes it every minute and at the end, from a goroutine of its own.
// When another process writes the same file it stops writing, and says so.
type stateKeeper struct {
	*worker.Worker
	path     string
	engine   *engine.Engine
	identity func() identity
	writer   string
	wrote    string // who wrote the file as we last knew it; "": nobody

	failed   atomic.Uint64 // reads and writes that failed
	conflict atomic.Bool
}

func newStateKeeper(path string, e *engine.Engine, who func() identity) *stateKeeper {
	return &stateKeeper{Worker: worker.New(), path: path, engine: e, identity: who, writer: rand.Text()}
}

// load hands what the file holds to the engine. What is wrong with it is reported, and it counts as empty.
func (k *stateKeeper) load() {
	h, saved, err := statefile.Read(k.path)
	if err != nil {
		k.report(err)
		return
	}
	k.wrote = h.Writer
	k.engine.Offer(saved, h.ServiceVersion)
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

func (k *stateKeeper) save() {
	if k.conflict.Load() || !k.ours() {
		return
	}
	id := k.identity()
	h := statefile.Header{Service: id.service, ServiceVersion: id.version, Instance: id.instance, Writer: k.writer, Written: time.Now().UTC()}
	if err := statefile.Write(k.path, h, k.engine.Baselines(h.Written)); err != nil {
		k.report(err)
		return
	}
	k.wrote = k.writer
}

// ours reports whether nobody else has written the file since we wrote or read it.
func (k *stateKeeper) ours() bool {
	h, err := statefile.ReadHeader(k.path)
	if errors.Is(err, os.ErrNotExist) {
		return true
	}
	if err != nil {
		return true // damaged: it was reported when it was read, and is replaced
	}
	if h.Writer == k.wrote {
		return true
	}
	k.conflict.Store(true)
	k.report(fmt.Errorf("%w: %s is also written by instance %s of %s: give each process a file of its own; this one stops writing",
		statefile.Err, k.path, h.Instance, h.Service))
	return false
}

func (k *stateKeeper) report(err error) {
	k.failed.Add(1)
	otel.Handle(err)
}
