// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/involved"
	"github.com/otelperf/otelperf-go/slowlog"
)

// service is the Monitor as its companion endpoint sees it.
type service struct{ m *Monitor }

var _ companion.Service = service{}

func (s service) Summary(p companion.Period) (any, error) {
	if p.Fleet {
		return s.m.fleet.summary(Window(p.Window)), nil
	}
	return s.m.summary(p)
}

func (s service) Rows(q companion.RowsQuery) (any, error) {
	list := rowList{origin: s.m.origin(), Window: Window(q.Window)}
	rows, err := s.m.listRows(q, &list)
	if q.Dependencies {
		return dependencyList{list, rows}, err
	}
	return endpointList{list, rows}, err
}

func (s service) Series(e companion.EndpointQuery, p companion.Period, usual bool) (any, bool, error) {
	answer, ok, err := s.m.series(e, p)
	if ok && err == nil && usual {
		answer.Usual, answer.Note = s.m.usualSeries(p, &answer)
	}
	return answer, ok, err
}

func (s service) Distribution(e companion.EndpointQuery, p companion.Period) (any, bool, error) {
	return s.m.distribution(e, p)
}

func (s service) Heatmap(e companion.EndpointQuery, p companion.Period) (any, bool, error) {
	return s.m.heatmap(e, p)
}

func (s service) Detail(e companion.EndpointQuery) (any, bool) { return s.m.detail(e) }

func (s service) Stacks(e companion.EndpointQuery) (any, bool) { return s.m.stacksOf(e) }

func (s service) StacksFile(e companion.EndpointQuery, pprof bool) (body []byte, ok bool, err error) {
	counts, _, ok := s.m.countsOf(e)
	if !ok {
		return nil, false, nil
	}
	if !pprof {
		return counts.Folded(), true, nil
	}
	body, err = counts.Pprof()
	return body, true, err
}

func (s service) Runtime(p companion.Period) (any, error) {
	if p.Window == "" || Window(p.Window).long() > 0 {
		return s.m.runtimeThen(p)
	}
	return s.m.runtimeSeries(Window(p.Window)), nil
}

func (s service) Slow(limit int, of trace.TraceID, p companion.Period) (any, error) {
	if !p.To.IsZero() || Window(p.Window).long() > 0 {
		return s.m.slowOf(limit, of, p)
	}
	list, all := slowList{origin: s.m.origin(), Count: s.m.slowCount(), Slow: []SlowRequest{}}, s.m.slow.All()
	if of.IsValid() {
		s.m.evaluate() // which finishes what is being built
		all = s.m.slow.Lookup(of)
	}
	for e := range all {
		if list.Stored++; list.Stored <= limit {
			list.Slow = append(list.Slow, slowRequest(e))
		}
	}
	return list, nil
}

func (s service) SlowOf(traces map[string]bool) any {
	refs, named := []RequestRef{}, map[trace.TraceID]bool{}
	for e := range s.m.slow.All() {
		if traces[e.TraceID.String()] && !named[e.TraceID] {
			named[e.TraceID] = true
			ref := refOf(involved.RequestOf(e))
			ref.Stored = true
			refs = append(refs, ref)
		}
	}
	return refs
}

func (s service) SlowTrace(id trace.TraceID, p companion.Period) (any, bool, error) {
	requests, err := s.requestsOf(id, p)
	return slowTrace{
		origin: s.m.origin(), TraceID: id.String(), Requests: requests, Recorded: s.m.recordedOf(requests),
	}, len(requests) > 0, err
}

func (s service) SlowOTLP(id trace.TraceID, p companion.Period) (body []byte, ok bool, err error) {
	requests, err := s.requestsOf(id, p)
	if len(requests) == 0 {
		return nil, false, err
	}
	body, err = slowlog.OTLP(slices.Values(requests), s.m.resource().Attributes()...)
	return body, true, err
}

// requestsOf are the requests of this process that are stored of one trace; else those of a history: of a fixed time, or without one of the
// time at which a spike names one of the trace, or of all that it has.
func (s service) requestsOf(id trace.TraceID, p companion.Period) ([]*slowlog.Entry, error) {
	s.m.evaluate() // which finishes what is being built
	found := slices.Collect(s.m.slow.Lookup(id))
	if len(found) > 0 || s.m.past == nil {
		return found, nil
	}
	if p.To.IsZero() {
		at, ok, err := s.m.namedAt(id.String())
		switch {
		case ok:
			if stored, err := s.m.past.Trace(id, at, at.Add(time.Second)); err != nil || len(stored.List) > 0 {
				return stored.List, refused(err)
			}
		case err != nil:
			return nil, err
		}
	}
	stored, err := s.m.past.Trace(id, p.From, p.To)
	return stored.List, refused(err)
}

func (s service) Active(limit int) any { return s.m.active(limit) }

func (s service) Errors(limit int) any {
	all := s.m.errorGroups()
	return errorList{origin: s.m.origin(), Count: len(all), Errors: all[:min(limit, len(all))]}
}

func (s service) Spikes(limit int, p companion.Period) (any, error) {
	if p.Fleet {
		return s.m.fleet.spikes(limit), nil
	}
	if !p.To.IsZero() {
		return s.m.spikesOfTime(limit, p)
	}
	all := s.m.spikes()
	return spikeList{origin: s.m.origin(), Count: len(all), Open: s.m.engine.OpenIncidents(), Spikes: all[:min(limit, len(all))]}, nil
}

func (s service) Objectives() any {
	s.m.evaluate()
	all := s.m.objectives()
	return objectiveList{origin: s.m.origin(), Count: len(all), Objectives: all}
}

func (s service) Spike(id string) (any, bool, error) {
	in, ok := s.m.engine.Incident(id)
	if !ok {
		return s.m.storedSpikeOf(id)
	}
	sp := spikeOf(&in)
	s.m.beside.add(&sp, &in)
	return sp, true, nil
}

func (s service) Bundle(id string) (zip []byte, ok bool, err error) { return s.m.bundle(id) }

func (s service) Health() any   { return s.m.Health() }
func (s service) Settings() any { return s.m.Settings() }

func (s service) Diagnostics() any {
	s.m.evaluate()
	return struct {
		origin
		Diagnostics
	}{s.m.origin(), s.m.Diagnostics()}
}

func (s service) Change(patch map[string]json.RawMessage, by string) (map[string]string, error) {
	return s.m.change(patch, by)
}

func (s service) Reset(baselines bool, by string) any {
	s.m.reset(baselines, by)
	return resetAnswer{Reset: true, Baselines: baselines, Time: time.Now().UTC()}
}

func (s service) Audit(ctx context.Context, message string, attrs ...slog.Attr) {
	s.m.audits.put(ctx, message, attrs...)
}

func (s service) Events() companion.Events {
	if s.m.tracker == nil {
		return nil
	}
	return s.m.tracker
}

func (s service) Unavailable() string {
	switch {
	case s.m.disabled != "":
		return s.m.disabled + " is set: there is nothing to stream."
	case s.m.closed.Load():
		return "The Monitor was shut down."
	}
	return ""
}
