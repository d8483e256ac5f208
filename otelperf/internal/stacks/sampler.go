// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Bounds of sampling.
const (
	idlePause     = time.Second            // between two looks for slow requests while there are none
	busyPause     = 250 * time.Millisecond // between two looks while there are some; profiles are no closer either
	longestPause  = 10 * time.Second       // between two profiles of requests that have been running for long
	restFactor    = 100                    // of the CPU time of a profile, until the next one
	maxGoroutines = 30_000                 // with more, no profile is taken
	MaxRequests   = 1024                   // that are looked at in one profile
	maxDepth      = 64                     // frames of a stack, the innermost
)

// Request is one that has been running for longer than is slow for its endpoint.
type Request struct {
	SpanID   trace.SpanID
	Endpoint conventions.Endpoint // its route is "" where that is not known yet
	Age      time.Duration
	Label    string // value of the label that its goroutines have; "" if they have none
}

// Config is what New needs.
type Config struct {
	Key   string   // of the label
	Frame string   // the function that a request's own goroutine has on its stack: what is outside of it is not shown
	Own   []string // import paths of the program's own code, besides package main
	// Slow returns the slow requests that run, the longest first, at most MaxRequests. It is called in the sampler's goroutine, once
	// a second, four times a second while there are some.
	Slow   func(now time.Time) []Request
	Faults *fault.Log
}

// Sampler takes the profiles.
type Sampler struct {
	*worker.Worker
	cfg   Config
	limit int // goroutines

	// What follows is the sampling goroutine's alone.
	sites     *site.Table
	notBefore time.Time
	profiled  time.Time // zero: nothing was slow since

	mu     sync.Mutex // guards all below
	latest map[trace.SpanID]*Seen
	status Status
	recent recent
	halves [2]*half // of what was counted: the one at hand and the one before
}

// Status is how a sampler fares.
type Status struct {
	Profiles   uint64        // that were taken
	CPUTime    time.Duration // that they took
	Goroutines int           // of the last one
	Note       string        // why there is no stack of any, or only every so often; ""
}

// New returns a sampler without a goroutine yet.
func New(cfg Config) *Sampler {
	return &Sampler{Worker: worker.New(), cfg: cfg, limit: maxGoroutines, sites: site.NewTable(cfg.Own), latest: map[trace.SpanID]*Seen{}}
}

// Start begins to sample, until Close.
func (s *Sampler) Start() {
	s.Run(func() {
		timer := time.NewTimer(idlePause)
		defer timer.Stop()
		for {
			select {
			case <-s.Stopping():
				return
			case <-timer.C:
			}
			pause := idlePause
			s.cfg.Faults.Guard("stacks of slow requests", func() { pause = s.look(time.Now()) })
			timer.Reset(pause)
		}
	})
}

// look takes a profile if there are slow requests and it is time for one. It returns how long to wait for the next look.
func (s *Sampler) look(now time.Time) time.Duration {
	slow := s.cfg.Slow(now)
	if !s.wanted(slow) {
		s.profiled = time.Time{}
		s.set(nil, s.status)
		return idlePause
	}
	if !s.due(slow, now) {
		return busyPause
	}
	status := s.status
	if status.Goroutines = runtime.NumGoroutine(); status.Goroutines > s.limit {
		status.Note = fmt.Sprintf("%d goroutines run; stacks are sampled where there are at most %d.", status.Goroutines, s.limit)
		s.set(nil, status)
		return idlePause
	}
	var found map[string]*goroutines
	var err error
	took := cpuTime(func() { found, err = profile(s.cfg.Key, s.cfg.Frame) })
	s.notBefore = time.Now().Add(restFactor * took)
	status.Profiles++
	status.CPUTime += took
	status.Note = ""
	if rest := restFactor * took; err != nil {
		status.Note = "The last goroutine profile could not be used: " + err.Error() + "."
	} else if rest > 2*time.Second {
		status.Note = fmt.Sprintf("With %d goroutines a profile takes %v of CPU time: there is one every %v.", status.Goroutines, took.Round(time.Millisecond), rest.Round(time.Second))
	}
	s.set(s.read(slow, found, now), status)
	s.profiled = now
	return busyPause
}

// wanted reports whether a profile would tell anything of a request.
func (s *Sampler) wanted(slow []Request) bool {
	for i := range slow {
		if slow[i].Label != "" {
			return true
		}
	}
	return false
}

// due reports whether it is time for a profile: at once if there is a new request, else the later the longer they have been running.
func (s *Sampler) due(slow []Request, now time.Time) bool {
	if now.Before(s.notBefore) {
		return false
	}
	youngest := slow[len(slow)-1].Age
	if now.Sub(s.profiled) >= min(max(youngest/20, busyPause), longestPause) {
		return true
	}
	for i := range slow {
		if slow[i].Label != "" && s.latest[slow[i].SpanID] == nil { // which this goroutine alone writes
			return true
		}
	}
	return false
}

func (s *Sampler) set(latest map[trace.SpanID]*Seen, status Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest, s.status = latest, status
}

// Status returns how the sampler fares.
func (s *Sampler) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Of returns where a request was when it was sampled last; nil if it was not.
func (s *Sampler) Of(id trace.SpanID) *Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest[id]
}
