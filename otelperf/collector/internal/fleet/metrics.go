// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/inputs"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/instances"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// metered is what a service has for its points.
type metered struct {
	inputs inputs.Rule
	gate   gate.Gate
	point  latency.Histogram // of the running one
	ticked time.Time         // when seconds were given to the engine last
	any    bool              // a point has come
	first  time.Duration     // the longest interval of points that came before the engine began
}

// longestFirst is how long the interval of a first point is at most: of one that says no start it is not known.
const longestFirst = time.Hour

// Metrics takes in an export that arrived at now, of instances' duration histograms. A point says nothing of when in its interval requests
// ended, so that they count as of now: in the next second that is judged. It neither changes nor keeps md.
func (f *Fleet) Metrics(now time.Time, md pmetric.Metrics) {
	f.points.Take(now, md, func(d *points.Delta) { f.Service(nameOf(d.Resource)).takePoint(now, d) })
}

func (s *Service) takePoint(now time.Time, d *points.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		s.moved(now, 0)
		return
	}
	s.seen.Store(now.Unix())
	q := &d.Request
	if !s.metered.inputs.Counts(q.Kind, d.Input, now.UnixNano(), now) {
		s.fleet.counts.twice.Add(d.Count)
		return
	}
	s.fleet.counts.metered.Add(d.Count)
	s.metered.any = true
	id, second := s.rows.request(q), now.Unix()
	r := s.rows.all[id]
	r.seen = second
	if r.endpoint.Route == conventions.OverflowRoute {
		s.fleet.counts.otherEndpoint.Add(d.Count)
	}
	if !s.begun {
		s.openAt(second, second)
	}
	if !s.judges && d.Length <= longestFirst {
		s.metered.first = max(s.metered.first, d.Length)
	}
	h := &s.metered.point
	h.Reset()
	coarse, beyond := d.AddTo(h)
	s.at(s.next).cell(id).add(h, q.Outcome, d, coarse, beyond)
	if q.Outcome.Failed() {
		s.errors.addPoint(r.endpoint, d.ErrorType, q.Outcome, d.Count, now)
	}
	s.metered.gate.Add(now, r.endpoint, &gate.Point{Began: d.Began, Length: d.Length, Outcome: q.Outcome, Durations: h})
	if r.knowsSlow && q.Kind.Request() && q.Outcome.Timed() {
		report := instances.ReportOf(h, r.slowest)
		report.Length = d.Length
		s.members.Add(now, d.Instance, report, func() instances.Instance { return instances.Of(d.Resource, d.Instance, s.set.InstanceAttributes) })
	}
}

// add takes over a point.
func (c *Cell) add(h *latency.Histogram, o slowlog.Outcome, d *points.Delta, coarse bool, beyond time.Duration) {
	c.Outcomes[o] += h.Count()
	c.OutcomesUnknown = c.OutcomesUnknown || d.Overflow
	if !o.Timed() {
		return
	}
	c.All.Merge(h)
	if o.Failed() {
		c.Failed.Merge(h)
	}
	c.Coarse, c.Beyond = c.Coarse || coarse, earlier(c.Beyond, beyond)
}

// earlier is the shorter one of two bounds, of which 0 is none.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// confirm is for engine.Options: what came as spans needs no confirmation. The lock is held.
func (s *Service) confirm(ep conventions.Endpoint, m engine.Matter, ev *baseline.Event) bool {
	if from, ok := s.metered.inputs.Of(ep.Kind); !ok || from == inputs.Spans {
		return true
	}
	arrived := *ev // points are judged as of a time that is lateness ago
	arrived.Start = ev.Start.Add(s.set.Lateness)
	return s.metered.gate.Confirm(s.metered.ticked, ep, m, &arrived, s.set.Alarms)
}

// suspect tells the gate who is suspected. The lock is held.
func (s *Service) suspect() {
	if s.metered.any {
		s.metered.gate.Suspect(s.metered.ticked, s.engine.Suspects())
	}
}

// learnSlow takes over from when on requests of the rows of the running second are slower than is usual.
func (s *Service) learnSlow() {
	for _, id := range s.now.rows {
		if r := s.rows.all[id]; r.endpoint.Kind.Request() {
			r.slowest, r.knowsSlow = s.engine.UsualSlow(int(id))
			r.usualTo, r.expects = latency.UpperDuration(latency.Bucket(r.slowest.Limit-1)), instances.ExpectedShare(r.slowest)
		}
	}
}

// crew is what the running batch of spans has of its instance.
type crew struct {
	resource pcommon.Resource
	report   instances.Report
}

// member counts a request for the instance that the running batch is of.
func (s *Service) member(id int32, d time.Duration, o slowlog.Outcome) {
	r := s.rows.all[id]
	if !r.knowsSlow || !o.Timed() {
		return
	}
	x := &s.crew.report
	x.Requests++
	if d > r.usualTo {
		x.Slow++
	}
	x.Expected += r.expects
}

// reportMember hands on what the batch had.
func (s *Service) reportMember(now time.Time) {
	c := &s.crew
	if c.report.Requests > 0 {
		id := points.Instance(c.resource)
		s.members.Add(now, id, c.report, func() instances.Instance { return instances.Of(c.resource, id, s.set.InstanceAttributes) })
	}
	*c = crew{}
}

// Members are the instances that are out of line, by name.
func (s *Service) Members() []instances.Verdict { return s.members.OutOfLine() }
