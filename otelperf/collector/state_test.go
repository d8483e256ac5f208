// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

// TestMove: while a service is slow, its spans begin to go to another collector with the same directory. Over both the incident starts once
// and ends once, under one id.
func TestMove(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	config := fmt.Sprintf("{state: {directory: %q}}", t.TempDir())
	a, b := newRig(t, newShareBook(c.time, false), config), newRig(t, newShareBook(c.time, false), config)
	start := c.time()
	all := simulate.Requests(3, "shop", start, 40*time.Minute,
		simulate.Endpoint{Route: "/cart", Rate: 5, Median: 40 * time.Millisecond, Faults: []simulate.Fault{{From: 20 * time.Minute, To: 30 * time.Minute, Factor: 20, Share: 1}}})
	i, batches := 0, simulate.Batches(1, all, 5, 5*time.Second)
	for now := start; now.Before(start.Add(42 * time.Minute)); now = now.Add(time.Second) {
		c.set(now)
		for ; i < len(batches) && !batches[i].At.After(now); i++ {
			to := a
			if now.Sub(start) > 25*time.Minute {
				to = b
			}
			to.send(batches[i].Traces(0))
		}
		a.share().tick(now)
		b.share().tick(now)
	}
	b.until("the incident has ended", func() bool { return slices.Contains(b.sink.events(), "otelperf.spike.ended") })
	if n := b.own("otelcol_connector_otelperf_services_taken_over"); n != 1 {
		t.Errorf("the second collector has taken over %d services", n)
	}
	if n := a.own("otelcol_connector_otelperf_services_handed_over"); n != 1 || len(a.share().fleet.Services()) != 0 {
		t.Errorf("the first one has handed over %d, and has %d", n, len(a.share().fleet.Services()))
	}
	a.stop()
	b.stop()
	ids := map[string]bool{}
	count := map[string]int{}
	for _, r := range []*rig{a, b} {
		for _, ld := range r.sink.logs {
			rec := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
			id, _ := rec.Attributes().Get("otelperf.spike.id")
			ids[id.Str()] = true
			count[rec.EventName()]++
		}
	}
	if len(ids) != 1 || count["otelperf.spike.started"] != 1 || count["otelperf.spike.ended"] != 1 {
		t.Errorf("ids %v, events %v", ids, count)
	}
}

// TestStateIsWrittenAtTheEnd: a collector that ends leaves what it knows to the next.
func TestStateIsWrittenAtTheEnd(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	dir := t.TempDir()
	config := fmt.Sprintf("{state: {directory: %q, interval: 1h}}", dir)
	r := newRig(t, newShareBook(c.time, false), config)
	all := simulate.Requests(3, "shop", c.time(), 20*time.Minute, simulate.Endpoint{Route: "/cart", Rate: 5, Median: 40 * time.Millisecond})
	batches := simulate.Batches(1, all, 1, 5*time.Second)
	half := len(batches) / 2
	drive(r, c, batches[:half], batches[half-1].At.Add(time.Minute))
	r.stop()
	if states, err := filepath.Glob(filepath.Join(dir, "*.state.otelperf")); err != nil || len(states) != 1 {
		t.Fatalf("the directory has %q", states)
	}
	next := newRig(t, newShareBook(c.time, false), config)
	drive(next, c, batches[half:], batches[len(batches)-1].At.Add(time.Minute))
	if s := next.share().fleet.Find("shop"); s == nil || !s.Adopted() {
		t.Error("the next one did not go on from it")
	}
}

// TestReloadWithState: after a reload a collector has its services still.
func TestReloadWithState(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	config := fmt.Sprintf("{state: {directory: %q}}", t.TempDir())
	r := newRig(t, newShareBook(c.time, false), config)
	all := simulate.Requests(3, "shop", c.time(), 10*time.Minute, simulate.Endpoint{Route: "/cart", Rate: 5, Median: 40 * time.Millisecond})
	batches := simulate.Batches(1, all, 1, 5*time.Second)
	half := len(batches) / 2
	drive(r, c, batches[:half], batches[half-1].At.Add(time.Second))
	old := r.share()
	r.config.change(strings.Replace(r.config.yaml, "state:", "lateness: 20s, state:", 1))
	r.until("it is reloaded", func() bool { s := r.share(); return s != nil && s != old })
	drive(r, c, batches[half:], batches[len(batches)-1].At.Add(time.Minute))
	s := r.share()
	if n := s.fleet.Find("shop").Engine().Counted(); n != uint64(len(all)) || s.keeper.stats().HandedOver != 0 {
		t.Errorf("%d requests are counted, want %d; %+v", n, len(all), s.keeper.stats())
	}
}

// keeps is a storage extension, in memory.
type keeps struct {
	component.StartFunc
	component.ShutdownFunc
	storage.Client
	broken error
}

func (k *keeps) GetClient(_ context.Context, kind component.Kind, id component.ID, _ string) (storage.Client, error) {
	if kind != component.KindConnector || id.Type() != component.MustNewType("otelperf") {
		return nil, fmt.Errorf("asked for %v %v", kind, id)
	}
	return k.Client, k.broken
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// TestStorage: a storage extension is used, and what is wrong with the configuration is said with its field.
func TestStorage(t *testing.T) {
	id := component.MustNewID
	h := host{id("good"): &keeps{Client: storage.NewNopClient()}, id("broken"): &keeps{broken: errors.New("no disk")}, id("other"): struct {
		component.StartFunc
		component.ShutdownFunc
	}{}}
	open := func(name string) error {
		config := createDefaultConfig().(*Config)
		config.State.Storage = new(id(name))
		store, err := openStore(&instance{config: config, set: connector.Settings{ID: id("otelperf")}}, h)
		if (err == nil) != (store != nil) {
			t.Errorf("%s: the store is %v", name, store)
		}
		return err
	}
	if err := open("good"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"broken": "no disk", "other": "no storage extension", "absent": "no extension of service::extensions"} {
		if err := open(name); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "state::storage") {
			t.Errorf("%s: %v", name, err)
		}
	}
	config := createDefaultConfig().(*Config)
	config.State.Directory = filepath.Join(os.TempDir(), "not there")
	if _, err := openStore(&instance{config: config}, h); err == nil || !strings.HasPrefix(err.Error(), "state::directory") {
		t.Errorf("a directory that is not there: %v", err)
	}
	config.State.Storage = new(id("good"))
	if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "state::directory and state::storage") {
		t.Errorf("both: %v", err)
	}
}
