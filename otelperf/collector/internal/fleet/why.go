// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/otelperf/internal/why"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	// fewestUsual is how many ordinary requests there must be to compare with.
	fewestUsual = 10
	// The longest texts, in bytes: those of causes.Ranked.
	maxEndpointText, maxAbout, maxSentence = 120, 160, 320
	maxCauses                              = 5
)

// more is how much longer slow requests of a row take than ordinary ones.
type more struct {
	slow  int     // requests
	extra float64 // ms
	paths paths   // of extra
}

// moreOf compares the slow requests since a time that took longer than a threshold. The lock is held.
func (r *row) moreOf(since time.Time, above time.Duration) (m more) {
	ms := 0.0
	for i := range r.late {
		if l := &r.late[i]; !l.end.Before(since) && l.took > above {
			m.slow++
			ms += units.Milliseconds(l.took)
			for _, p := range l.paths {
				m.paths.add(p)
			}
		}
	}
	if m.slow == 0 {
		return m
	}
	m.extra = ms/float64(m.slow) - r.usual.ms
	for i := range m.paths {
		p := &m.paths[i]
		p.ms = p.ms/float64(m.slow) - r.usual.paths.of(p.way)
	}
	slices.SortStableFunc(m.paths, func(a, b path) int { return cmp.Or(cmp.Compare(b.ms, a.ms), cmp.Compare(a.way, b.way)) })
	return m
}

// why is what the engine asks within Advance: why the slow requests of a part are slow. The lock is held.
func (s *Service) why(_ *engine.Incident, p *engine.Part) (w causes.Why) {
	id, ok := s.rows.named[p.Endpoint]
	if !ok || s.set.SpanBytes <= 0 {
		return w
	}
	r, ev := s.rows.all[id], p.Latest()
	m := r.moreOf(ev.Start, ev.Threshold)
	if m.slow < causes.FewestSlow {
		return w
	}
	endpoint := why.Clean(p.Endpoint.String(), maxEndpointText)
	w.Causes = []causes.Ranked{}
	if r.usual.requests < fewestUsual {
		w.Sentence = endpoint + ": the cause is unknown: what its ordinary requests spend their time on was not learned before"
		return w
	}
	if m.extra <= 0 {
		return w
	}
	w.ExtraMs = m.extra
	var said []string
	for _, p := range m.paths {
		share := min(p.ms/m.extra, 1)
		if share < causes.Least || len(w.Causes) == maxCauses {
			break
		}
		c := rankedOf(&p, share, r.usual.paths.of(p.way))
		w.Causes = append(w.Causes, c)
		if len(said) < 2 {
			said = append(said, c.Sentence)
		}
	}
	if len(said) == 0 {
		said = []string{"the cause is unknown: nothing has 30 % of it"}
	}
	w.Sentence = why.Longer(p.Endpoint.String(), m.extra) + strings.Join(said, "; ")
	return w
}

// rankedOf is a way as a cause: where it stays in the service it is not known what of it takes the time.
func rankedOf(p *path, share, usually float64) causes.Ranked {
	c := causes.Ranked{Source: causes.FromCalls, ConfirmedBy: []causes.Source{}, About: why.Clean(p.way, maxAbout), At: why.Clean(p.at, maxAbout), Share: share, ExtraMs: p.ms}
	text := fmt.Sprintf("%s: %s -> %s ms", p.way, units.Short(usually), units.Short(usually+p.ms))
	if !strings.Contains(p.way, arrow) {
		c.Source, c.Unknown = causes.FromSelfTime, true
		text = slowlog.UnknownTime + " in " + text
	}
	c.Sentence = why.Clean(fmt.Sprintf("%.0f %% in %s", 100*share, text), maxSentence)
	return c
}

// requests are the single requests that the engine asks about within Advance, with the lock held.
type requests struct{ s *Service }

// WaitsFor names the call that the slow requests of an endpoint wait for, if it is most of what they take longer.
func (r requests) WaitsFor(ep conventions.Endpoint, since time.Time) string {
	id, ok := r.s.rows.named[ep]
	if !ok {
		return ""
	}
	m := r.s.rows.all[id].moreOf(since, 0)
	if m.slow < causes.FewestSlow || m.extra <= 0 {
		return ""
	}
	by := map[string]float64{}
	for _, p := range m.paths {
		if by[p.calls] += p.ms; p.calls != "" && by[p.calls] >= m.extra/2 {
			return p.calls
		}
	}
	return ""
}

// Examples returns the slowest requests of an incident, each of another trace: those of its first part first.
func (r requests) Examples(in *engine.Incident) []engine.Request {
	return involved.Examples(r.s.slow, in, time.Time{})
}

// Errors returns what went wrong in the failed requests of a part that are stored.
func (r requests) Errors(p *engine.Part) []engine.ErrorGroup { return involved.Errors(r.s.slow, p) }

// countSpikes counts the parts that have begun.
func (s *Service) countSpikes(events []engine.Event) {
	for i := range events {
		p := events[i].Part
		if p == nil || !events[i].Started {
			continue
		}
		at := slices.IndexFunc(s.spikes, func(c SpikeCount) bool { return c.Endpoint == p.Endpoint && c.Matter == string(p.Matter) })
		if at < 0 {
			s.spikes = append(s.spikes, SpikeCount{Endpoint: p.Endpoint, Matter: string(p.Matter)})
			at = len(s.spikes) - 1
		}
		s.spikes[at].N++
	}
}
