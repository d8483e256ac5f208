// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
)

// recallPatience is how long New waits for the history.
const recallPatience = time.Second

// rememberedFor is how far back the history is asked for what the process before has left.
const rememberedFor = 7 * 24 * time.Hour

// remember goes on from what the process before has left: in the state file or in the history, whichever is more recent.
func (m *Monitor) remember() {
	if m.cfg.feed != nil { // who feeds us has done so
		if m.cfg.history != nil {
			of, left := m.cfg.history(m)
			m.past, m.beside.past, m.beside.before = of, of, left.incidents
		}
		return
	}
	m.memory = &stateMemory{
		engine: m.engine, book: m.book, marks: &m.marks, identity: m.identity, limit: 2 * m.processor.Stats().MaxEndpoints, writer: rand.Text(),
	}
	var (
		h statefile.Header
		c statefile.Content
		r recalled
	)
	if m.cfg.stateFile != "" {
		m.state = newStateKeeper(m.cfg.stateFile, m.memory)
		h, c = m.state.load()
	}
	if m.cfg.history != nil {
		m.past, r = m.cfg.history(m)
		if r.header.Written.After(h.Written) {
			h, c = r.header, r.content
		}
	}
	if h.Format != "" {
		m.memory.give(&h, &c)
	}
	if m.past != nil && (h.Format == "" || !m.engine.Readable(c.Baselines)) {
		m.past.learn()
	}
	m.beside.before, m.beside.past = r.incidents, m.past
}

// recalled is what the history had of the process before.
type recalled struct {
	header    statefile.Header
	content   statefile.Content
	incidents map[string]*Spike // open ones, as they were; at most engine.MaxIncidents
	named     map[string]bool   // their requests that the history has, by the ids of their spans
}

// recall asks the history, and waits for it no longer than recallPatience: what is damaged or comes late counts as nothing, which is said.
func (c *chronicle) recall() (r recalled) {
	ctx, cancel := context.WithTimeout(context.Background(), recallPatience)
	answer := make(chan recalled, 1)
	go func() {
		defer cancel()
		var r recalled
		err := errors.New("the store has panicked")
		c.faults.Guard("the history", func() { r, err = recall(ctx, c.store) })
		if err != nil {
			otel.Handle(fmt.Errorf("otelperf: history: what the process before has left: %w", err))
		}
		answer <- r
	}()
	select {
	case r = <-answer:
		return r
	case <-ctx.Done():
	}
	select {
	case r = <-answer: // at the same moment
	default:
		otel.Handle(errors.New("otelperf: history: the store has not answered within a second: what is usual is learned anew"))
	}
	return r
}

func recall(ctx context.Context, store history.Store) (r recalled, err error) {
	now := time.Now()
	var unread error
	q := history.Query{What: history.States, From: now.Add(-rememberedFor), To: now.Add(time.Hour)}
	for b, err := range store.Range(ctx, q) {
		if err != nil {
			return recalled{}, err
		}
		if r.header, r.content, unread = statefile.Decode(b.State); unread != nil {
			r.header, r.content = statefile.Header{}, statefile.Content{}
		} else if b.Foreign {
			r.leaveOthersTheirs()
		}
	}
	r.incidents, r.named = map[string]*Spike{}, map[string]bool{}
	q.What = history.Incidents
	for b, err := range store.Range(ctx, q) {
		if err != nil {
			return r, err
		}
		for i := range b.Incidents {
			in := &b.Incidents[i]
			s, ok := storedSpike(in)
			if !ok || !in.End.IsZero() || len(r.incidents) >= engine.MaxIncidents {
				continue
			}
			r.incidents[s.ID] = &s
			for _, one := range s.named() {
				r.named[one.SpanID] = r.named[one.SpanID] || one.Stored
			}
		}
	}
	return r, unread
}

// leaveOthersTheirs leaves what is usual, and what is muted, of the state of another instance. What is open, acknowledged, counted for
// objectives and marked there is that one's, which may be running.
func (r *recalled) leaveOthersTheirs() {
	r.header.Marks, r.content.Objectives = nil, nil
	for i := range r.content.Baselines {
		b := &r.content.Baselines[i]
		b.SpikingSince, b.Open, b.Others = time.Time{}, nil, nil
	}
	if book := r.content.Book; book != nil {
		r.content.Book = &mutes.Saved{Mutes: book.Mutes}
	}
}

// goOn fills in what was known of a spike before the restart, and is not known anew: its cause and evidence.
func (s *Spike) goOn(before *Spike) {
	if s.Cause == "" {
		s.Cause, s.Causes, s.CauseAt = before.Cause, before.Causes, before.CauseAt
	}
	if len(s.Errors) == 0 {
		s.Errors = before.Errors
	}
	if len(s.SlowRequests) == 0 {
		s.SlowRequests = before.SlowRequests
	}
	if len(s.Signals) == 0 {
		s.Signals = before.Signals
	}
	if s.After == nil {
		s.After = before.After
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for j := range before.Endpoints {
			b := &before.Endpoints[j]
			if b.Method != e.Method || b.Route != e.Route || b.Kind != e.Kind || b.Matter != e.Matter {
				continue
			}
			if e.Cause == "" {
				e.Cause, e.Causes = b.Cause, b.Causes
			}
			if e.WaitsFor == "" {
				e.WaitsFor = b.WaitsFor
			}
			if e.ErrorRateBefore == nil {
				e.ErrorRateBefore = b.ErrorRateBefore
			}
		}
	}
}
