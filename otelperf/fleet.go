// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/peers"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// WithFleet has the instances of a service know each other, so that behind a load balancer any of them answers for all: GET summary,
// endpoints, dependencies and spikes with ?scope=fleet. Package fleet/redis has a store:
//
//	store, err := redis.New(client)
//	...
//	mon, err := otelperf.New(otelperf.WithFleet(store))
//
// Every 5 s a goroutine of its own puts there what this instance did: its name (service.instance.id, else host and process id), version, the
// histograms of each endpoint and dependency in each window, and its open spikes, for 30 s; about a kilobyte for an endpoint, 1 MiB at most. It
// reads the others when somebody asks, once a second at most, and up to 500 instances. Instances with the same service.name are a fleet.
//
// Numbers are merged, not averaged: counts and histograms are added, so that a quantile is that of all requests. An instance that differs from
// the others at an endpoint is named, by tests that do not alarm falsely: by the last ten whole minutes, if its p99 is above twice what
// that of the others is at most, or the share of its failed requests, with less than 1 in 1000 for chance, both of its requests and of
// its minutes beside those of the others.
//
// The store may be slow, full, gone, or have what others put there: a call takes 2 s at most, and what is no instance of this service is
// refused. This instance's own numbers are never late. Without the store they are all that is answered with once those of the others are older
// than 35 s; the answer, Diagnostics and the check fleet of Health say so, and so does the log, once a minute at most. New reports ErrConfig
// for a store that is nil. The default is none.
func WithFleet(store fleet.Store) Option {
	return optionFunc(func(c *config) {
		if store == nil {
			c.refuse("fleet is nil, accepted is a store")
			return
		}
		c.fleet = func(m *Monitor) allInstances { return newFleet(m, store) }
	})
}

// maxSharedParts is how many endpoints of a spike are shared.
const maxSharedParts = 20

// allInstances are all instances of the service together: a *fleetView, which WithFleet makes. It is an interface so that programs without
// that option do not link what shares and merges them.
type allInstances interface {
	attached

	summary(w Window) *Summary
	rows(q *companion.RowsQuery, list *rowList) []detailedRow
	spikes(limit int) spikeList
	// forget has them merged anew.
	forget()
	// state is how the sharing goes.
	state() peers.State
}

func newFleet(m *Monitor, store fleet.Store) *fleetView {
	f := &fleetView{m: m, writer: rand.Text()}
	f.sync = peers.New(store, f.self, f.log, &m.faults)
	return f
}

func (f *fleetView) start() { f.sync.Start() }

func (f *fleetView) parts() []part { return []part{{"fleet", f.sync.Close}} }

func (f *fleetView) state() peers.State { return f.sync.State() }

// self is this instance, now.
func (f *fleetView) self() *peers.Instance {
	m := f.m
	m.evaluate()
	id, now := m.identity(), time.Now()
	in := &peers.Instance{}
	in.Rows, in.Seconds = m.engine.Shared()
	verdict := m.verdict()
	in.Head = peers.Head{
		Service: id.service, Instance: id.instance, Version: id.version, Writer: f.writer, Began: m.began.UTC(), Written: now.UTC(),
		Slow: m.slowCount(), Seconds: in.Seconds, TTL: peers.TTL.Seconds(), Status: verdict.Status, Title: verdict.Title,
	}
	for i := range in.Rows {
		if r := &in.Rows[i]; r.Endpoint.Kind.Request() {
			in.Requests += r.Windows[engine.All].Outcomes.Total()
		}
	}
	for _, s := range m.spikes() {
		if s.State != string(engine.Open) {
			continue
		}
		s.Endpoints = s.Endpoints[:min(len(s.Endpoints), maxSharedParts)]
		if text, err := json.Marshal(s); err == nil {
			in.Incidents = append(in.Incidents, text)
		}
	}
	return in
}

// log says that there is trouble with the store, or none any more.
func (f *fleetView) log(trouble string) {
	var foreign atomic.Uint64 // panics of the program's logger
	fault.Contain(&foreign, func() {
		if trouble == "" {
			f.m.cfg.logger.LogAttrs(context.Background(), slog.LevelInfo, "otelperf: the store of the fleet works again")
			return
		}
		f.m.cfg.logger.LogAttrs(context.Background(), slog.LevelWarn, "otelperf: the store of the fleet does not work", slog.String("error", trouble))
	})
}
