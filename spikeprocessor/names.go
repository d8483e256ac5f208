// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// names decides which span names that equal the path that was asked for are routes. otelhttp around a ServeMux names a span by its method
// and renames it once the mux has found a pattern: where a name has a path already when the span starts, a formatter made it of the
// request, and such names are doubted for ten minutes (conventions.Guesses). Three quarters of the table's rows may be guesses.
//
// Names of starting spans are looked at until a thousand of them said nothing, and again whenever a new path is seen.
type names struct {
	looks atomic.Int32 // that are left
	early atomic.Bool  // since the last refill, a span had a path in its name when it started

	mu      sync.Mutex // guards what follows; requests do not wait for it
	guesses *conventions.Guesses
	atSight int       // routes with an id in them that have had one request and may have a row
	until   time.Time // paths are doubted
}

const (
	maxLooks = 1000
	doubtFor = 10 * time.Minute // after the last sign
)

func (n *names) init(maxEndpoints int) {
	n.guesses = conventions.NewGuesses()
	n.atSight = min(n.guesses.AtSight, max(1, maxEndpoints/4))
	n.guesses.AtSight, n.guesses.Renamed = n.atSight, true
	n.looks.Store(maxLooks)
}

func (n *names) looking() bool { return n.looks.Load() > 0 }

// look takes the name of a local root that starts. One with its route among its attributes needs no name.
func (n *names) look(s sdktrace.ReadOnlySpan) {
	if n.early.Load() {
		return
	}
	n.looks.Add(-1)
	name := s.Name()
	if i := strings.IndexByte(name, ' '); i < 0 || i+1 == len(name) || name[i+1] != '/' {
		return
	}
	if strings.IndexByte(name, '{') >= 0 { // mostly a template
		if asked := (conventions.Span{Kind: s.SpanKind(), Name: name, Attributes: s.Attributes()}); !asked.Request().Unproven {
			return
		}
	}
	if !hasKey(s.Attributes(), conventions.RouteKey) {
		n.early.Store(true)
	}
}

// admit reports as what a route that is not proven, and that the table does not have, is to have a row; proven: it is not.
func (n *names) admit(r *conventions.Request, t *table) guess {
	if r.Kind == conventions.KindHTTP && n.looks.Load() < maxLooks/2 {
		n.looks.Store(maxLooks)
	}
	if r.Unmatched() || !n.tryLock() {
		return proven
	}
	defer n.mu.Unlock()
	n.guesses.Doubted = n.guesses.Doubted || n.early.Load()
	switch {
	case n.guesses.Doubted && !t.roomForGuess(), !n.guesses.Admit(r):
		return proven
	case n.guesses.Doubted:
		return doubted
	}
	return guessed
}

func (n *names) tryLock() bool {
	for range 100 {
		if n.mu.TryLock() {
			return true
		}
	}
	return false
}

// refill takes in what became of guesses. Digest calls it.
func (n *names) refill(t *table, now time.Time) {
	once := t.guessesOf(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.guesses.AtSight = max(0, n.atSight-once)
	if n.early.Swap(false) {
		n.until = now.Add(doubtFor)
	}
	n.guesses.Doubted = now.Before(n.until)
}
