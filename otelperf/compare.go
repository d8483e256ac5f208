// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/compare"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// comparison is the answer of GET compare: an endpoint before and since a mark, or before and in a spike.
type comparison struct {
	origin
	Method string         `json:"method"`
	Route  string         `json:"route"`
	Kind   string         `json:"kind"`
	Mark   *marks.Mark    `json:"mark"`  // nil if it was not asked for by mark
	Spike  *string        `json:"spike"` // the spike's id; nil if it was not asked for by spike
	At     time.Time      `json:"at"`    // between the two
	Before comparedSide   `json:"before"`
	Since  comparedSide   `json:"since"`
	P50    measuredChange `json:"p50"`    // as a ratio
	P99    measuredChange `json:"p99"`    // as a ratio
	Errors measuredChange `json:"errors"` // as a difference of shares
	Why    string         `json:"why"`    // why there is nothing to compare; "" if there is

	Buckets []comparedBucket `json:"buckets"` // durations of both sides, in a row, at most 64
}

// comparedBucket is the requests that took longer than from_ms, and up to to_ms.
type comparedBucket struct {
	FromMs      float64 `json:"from_ms"`
	ToMs        float64 `json:"to_ms"`
	BeforeCount uint64  `json:"before_count"`
	BeforeShare float64 `json:"before_share"` // of the side's requests: 0 to 1
	SinceCount  uint64  `json:"since_count"`
	SinceShare  float64 `json:"since_share"`
}

// comparedSide is the whole minutes on one side. Bounds are of 99 % confidence.
type comparedSide struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Minutes int       `json:"minutes"` // that had requests
	Count   uint64    `json:"count"`   // requests
	Failed  uint64    `json:"error_count"`
	P50Ms   interval  `json:"p50_ms"`
	P99Ms   interval  `json:"p99_ms"`
	Errors  interval  `json:"error_rate"` // 0 to 1
}

type interval struct {
	Value *float64 `json:"value"` // nil: not known
	Low   *float64 `json:"low"`   // nil: not known
	High  *float64 `json:"high"`  // nil: nothing bounds it
}

// measuredChange is what became of a measure, since against before.
type measuredChange struct {
	interval
	Real     *bool  `json:"real"`     // whether no change lies outside of the interval; nil: it cannot be told
	Sentence string `json:"sentence"` // "p99 ×1.6 (1.3 to 2.0): a real change"
}

func intervalOf(i compare.Interval, unit float64) interval {
	number := func(x float64) *float64 { return units.Number(x * unit) }
	return interval{number(i.Value), number(i.Low), number(i.High)}
}

// tooFew says why nothing can be told.
func tooFew(r *compare.Result) string {
	if before, since := r.Before.Minutes, r.Since.Minutes; before < compare.FewestMinutes || since < compare.FewestMinutes {
		return fmt.Sprintf("cannot tell by %d whole minutes with requests before it and %d since, of %d that each side takes", before, since, compare.FewestMinutes)
	}
	return "cannot tell, there are too few requests"
}

func changeOf(r *compare.Result, c *compare.Change, name string, text func(float64) string) measuredChange {
	out := measuredChange{interval: intervalOf(c.Interval, 1)}
	if !c.Known {
		out.Sentence = name + ": " + tooFew(r)
		return out
	}
	bound := func(x float64) string {
		if math.IsInf(x, 0) {
			return "any"
		}
		return text(x)
	}
	verdict := "no more than chance explains"
	if c.Real {
		verdict = "a real change"
	}
	out.Real, out.Sentence = &c.Real, fmt.Sprintf("%s %s (%s to %s): %s", name, text(c.Value), bound(c.Low), bound(c.High), verdict)
	return out
}

func (s service) Compare(q *companion.CompareQuery) (answer any, missing string) {
	s.m.evaluate()
	name, minutes, ok := s.m.engine.Minutes(q.Endpoint, q.Kind)
	if !ok {
		return nil, "endpoint"
	}
	c := comparison{origin: s.m.origin(), Method: name.Method, Route: name.Route, Kind: name.Kind.String(), At: q.From.UTC()}
	if q.Mark != "" {
		mark, ok := s.m.marks.Find(q.Mark)
		if !ok {
			return nil, "mark"
		}
		c.Mark, c.At = &mark, mark.Time
	}
	to := q.To
	if q.Spike != "" {
		in, ok := s.m.engine.Incident(q.Spike)
		if !ok {
			return nil, "spike"
		}
		c.Spike, c.At, to = &in.ID, in.Start.UTC(), in.End
	}
	before, since := around(minutes, c.At, to)
	switch {
	case len(before) == 0 && !c.At.After(s.m.began):
		c.Why = "There is no before: this process began at " + s.m.began.UTC().Format(time.RFC3339) + ", and knows nothing of what the one before it did."
	case len(before) == 0:
		c.Why = "There is no whole minute before it, since the start, the last reset or within the last hour."
	case len(since) == 0 && q.Spike != "":
		c.Why = "There is no whole minute in the spike."
	case len(since) == 0:
		c.Why = "There is no whole minute since then."
	}
	r := compare.Spans(comparable(before), comparable(since))
	c.Before, c.Since = sideOf(&r.Before, before, c.At), sideOf(&r.Since, since, c.At)
	times := func(x float64) string { return fmt.Sprintf("×%.2f", x) }
	c.P50, c.P99 = changeOf(&r, &r.P50, "p50", times), changeOf(&r, &r.P99, "p99", times)
	c.Errors = changeOf(&r, &r.Errors, "errors", func(x float64) string { return fmt.Sprintf("%+.2f %%", 100*x) })
	a, b := durationsOf(before), durationsOf(since)
	c.Before.fill(a)
	c.Since.fill(b)
	c.Buckets = bucketsOf(a, b)
	return c, ""
}

// fill adds what is known of a side whose minutes are too few for bounds.
func (s *comparedSide) fill(durations *latency.Histogram) {
	for q, i := range map[float64]*interval{0.5: &s.P50Ms, 0.99: &s.P99Ms} {
		if x, ok := durations.Quantile(q); ok && i.Value == nil {
			i.Value = units.Number(units.Milliseconds(x))
		}
	}
	if s.Errors.Value == nil && s.Count > 0 {
		s.Errors.Value = units.Number(float64(s.Failed) / float64(s.Count))
	}
}

// bucketsOf are the durations before (a) and since (b).
func bucketsOf(a, b *latency.Histogram) []comparedBucket {
	g := gridOf(nil, a, b)
	out, of := make([]comparedBucket, g.Len()), g.Counts(b)
	for i, n := range g.Counts(a) {
		out[i] = comparedBucket{boundMs(g, i), boundMs(g, i+1), n, shareOf(n, a.Count()), of[i], shareOf(of[i], b.Count())}
	}
	return out
}

func durationsOf(minutes []engine.WholeMinute) *latency.Histogram {
	sum := new(latency.Histogram)
	for _, m := range minutes {
		sum.Merge(m.Durations)
	}
	return sum
}

// around are as many whole minutes before a time as since then, those that are nearest to it, and of a side that has more than the other
// at least as many as something can be told by. What the time lies in belongs to neither.
func around(minutes []engine.WholeMinute, at, to time.Time) (before, since []engine.WholeMinute) {
	for _, m := range minutes {
		switch end := m.Time.Add(time.Minute); {
		case !end.After(at):
			before = append(before, m)
		case !m.Time.Before(at) && (to.IsZero() || !end.After(to)):
			since = append(since, m)
		}
	}
	n := max(min(len(before), len(since)), compare.FewestMinutes)
	return before[max(0, len(before)-n):], since[:min(len(since), n)]
}

func comparable(minutes []engine.WholeMinute) (out []compare.Minute) {
	for i := range minutes {
		m := &minutes[i]
		out = append(out, compare.Minute{Requests: m.Outcomes.Total(), Failed: m.Outcomes.Failed(), Durations: m.Durations})
	}
	return out
}

func sideOf(s *compare.Side, minutes []engine.WholeMinute, at time.Time) comparedSide {
	out := comparedSide{
		From: at.UTC(), To: at.UTC(), Minutes: s.Minutes, Count: s.Requests, Failed: s.Failed,
		P50Ms: intervalOf(s.P50, 1e3), P99Ms: intervalOf(s.P99, 1e3), Errors: intervalOf(s.Errors, 1),
	}
	if n := len(minutes); n > 0 {
		out.From, out.To = minutes[0].Time.UTC(), minutes[n-1].Time.Add(time.Minute).UTC()
	}
	return out
}
