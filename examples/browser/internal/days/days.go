// SPDX-License-Identifier: Apache-2.0

// Package days makes up what a service did for a month, in a history: each minute of the last eight days but for a gap, with a rate that
// goes with the hours of the day, and incidents with slow requests; of the days before that the incidents alone.
package days

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	day     = 24 * time.Hour
	minutes = 8 * day  // of which there are minutes
	month   = 29 * day // of which there are incidents
	between = 11 * time.Hour
	slower  = 6 // times as slow an endpoint is in an incident
)

// Endpoint is one of the service.
type Endpoint struct {
	Method, Route, Query string
	Typical              time.Duration // half of its requests take longer
	PerMinute            float64       // requests, on average
}

// Service is what it consists of. Its incidents are at Endpoints by turns, the last one four hours before End.
type Service struct {
	Endpoints []Endpoint
	End       time.Time // of what is stored, a whole minute
	random    *rand.Rand
}

// incident is one, with where it was and when.
type incident struct {
	of         *Endpoint
	start, end time.Time
}

// GapOf is the time before end that nothing is stored of.
func GapOf(end time.Time) (from, to time.Time) {
	from = end.Truncate(time.Hour).Add(-75 * time.Hour)
	return from, from.Add(150 * time.Minute)
}

// Write stores it all. What is the same but for End comes out the same.
func (s Service) Write(ctx context.Context, store history.Store) error {
	s.random = rand.New(rand.NewPCG(3, 5))
	var all []incident
	for i, at := 0, s.End.Add(-4*time.Hour); at.After(s.End.Add(-month)); i, at = i+1, at.Add(-between) {
		all = append(all, incident{&s.Endpoints[i%len(s.Endpoints)], at, at.Add(time.Duration(6+5*(i%4)) * time.Minute)})
	}
	for _, in := range all {
		b := &history.Batch{Time: in.start, Step: history.Minute}
		if err := s.addIncident(b, in); err != nil {
			return err
		}
		if err := store.Append(ctx, b); err != nil {
			return err
		}
	}
	gapFrom, gapTo := GapOf(s.End)
	for at := s.End.Add(-minutes); at.Before(s.End); at = at.Add(time.Minute) {
		if !at.Before(gapFrom) && at.Before(gapTo) {
			continue
		}
		if err := store.Append(ctx, s.minute(at, all)); err != nil {
			return err
		}
	}
	return nil
}

// minute is what was done in one.
func (s *Service) minute(at time.Time, all []incident) *history.Batch {
	b := &history.Batch{Time: at, Step: history.Minute, Signals: []history.Signal{{Name: "process.cpu.utilization", Mean: 0.2, Max: 0.4}}}
	busy := 1 + 0.6*math.Sin(2*math.Pi*at.Sub(at.Truncate(day)).Hours()/24-2)
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		row := history.Row{Endpoint: conventions.Endpoint{Method: e.Method, Route: e.Route}, Durations: new(latency.Histogram)}
		typical := float64(e.Typical) * (0.9 + 0.2*busy)
		for _, in := range all {
			if in.of == e && !at.Before(in.start) && at.Before(in.end) {
				typical *= slower
			}
		}
		n := max(1, int(e.PerMinute*busy+math.Sqrt(e.PerMinute)*s.random.NormFloat64()))
		for range n {
			row.Durations.Record(time.Duration(typical * math.Exp(0.3*s.random.NormFloat64())))
		}
		row.Outcomes[slowlog.OutcomeOK] = uint64(n)
		b.Rows = append(b.Rows, row)
	}
	return b
}

// addIncident adds it as it was stored at its end, with three slow requests.
func (s *Service) addIncident(b *history.Batch, in incident) error {
	e, ms := in.of, func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	usual, worst, n := ms(2*e.Typical), ms(2*slower*e.Typical), uint64(e.PerMinute*in.end.Sub(in.start).Minutes())
	because := fmt.Sprintf("84 %% in postgresql %s: %.1f -> %.0f ms", e.Query, usual*0.7, worst*0.85)
	cause := fmt.Sprintf("%s %s: +%.0f ms a slow request; %s", e.Method, e.Route, worst-usual, because)
	ranked := []causes.Ranked{{Source: causes.FromCalls, ConfirmedBy: []causes.Source{}, About: e.Query, Share: 0.84, ExtraMs: 0.84 * (worst - usual), Sentence: because}}
	spike := otelperf.Spike{
		ID: fmt.Sprintf("days-%d", in.start.Unix()), Matter: "latency", Severity: "critical", State: "ended", Start: in.start.UTC(), At: in.start.Add(20 * time.Second).UTC(),
		End: new(in.end.UTC()), Cause: cause, CauseAt: new(in.start.Add(40 * time.Second).UTC()), CostRequests: n, CostSlow: n * 3 / 4,
		Causes: ranked, Reason: fmt.Sprintf("%s %s: %d of %d requests above %.0f ms (2x the usual p99); p99 %.0f ms, usually %.0f (6x)", e.Method, e.Route, n*3/4, n, 2*usual, worst, usual),
		Endpoints: []otelperf.SpikeEndpoint{{
			Method: e.Method, Route: e.Route, Kind: "http", Matter: "latency", State: "ended", Level: "p99", Start: in.start.UTC(), At: in.start.Add(20 * time.Second).UTC(), End: new(in.end.UTC()),
			Quantile: 0.99, BaselineQuantileMs: usual, QuantileMs: worst * 0.8, WorstMs: worst, WorstRatio: new(worst / usual), WorstAt: in.start.UTC(), LastMs: worst * 0.9,
			Requests: 40, Above: 30, CostRequests: n, CostSlow: n * 3 / 4, Cause: cause, Causes: ranked,
		}},
	}
	for i := range 3 {
		r := s.request(e, in.start.Add(time.Duration(20+25*i)*time.Second), spike.ID)
		b.Requests = append(b.Requests, r)
		spike.SlowRequests = append(spike.SlowRequests, otelperf.RequestRef{TraceID: r.TraceID.String(), SpanID: r.SpanID.String(), Start: r.Start.UTC(), DurationMs: ms(r.Duration), Stored: true})
	}
	detail, err := json.Marshal(spike)
	b.Incidents = []history.Incident{{ID: spike.ID, Start: in.start, End: in.end, Detail: detail}}
	return err
}

// request is a slow one: it waits for its query.
func (s *Service) request(e *Endpoint, start time.Time, spike string) *slowlog.Entry {
	r := &slowlog.Entry{
		Method: e.Method, Route: e.Route, Kind: "server", Path: e.Route, Status: 200, Start: start, Duration: time.Duration(float64(slower*e.Typical) * (1.5 + s.random.Float64())),
		Threshold: 4 * e.Typical, BaselineP99: 2 * e.Typical, Reason: slowlog.ReasonThreshold, SpikeID: spike,
	}
	r.Ratio = float64(r.Duration) / float64(r.BaselineP99)
	for _, id := range [][]byte{r.TraceID[:], r.SpanID[:]} {
		for i := range id {
			id[i] = byte(1 + s.random.IntN(255))
		}
	}
	query := slowlog.Span{SpanID: [8]byte{1}, Parent: r.SpanID, Name: e.Query, Kind: 3, Start: start.Add(r.Duration / 20), End: start.Add(r.Duration * 9 / 10)}
	query.Call = slowlog.Call{Category: slowlog.DB, DBSystem: "postgresql", DBSummary: e.Query}
	r.Anatomy = slowlog.Build(slowlog.Span{SpanID: r.SpanID, Name: e.Method + " " + e.Route, Kind: 2, Start: start, End: r.End()}, []slowlog.Span{query}, slowlog.BuildOptions{})
	return r
}
