// SPDX-License-Identifier: Apache-2.0

package export

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Service is a running service, whatever store its history is in. It is asked once for each step and once for its dependencies, one after the
// other, and again where it is busy.
type Service struct{ *client.Client }

// Range asks for the rows step by step, and for events a day at a time.
func (s Service) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	return func(yield func(*history.Batch, error) bool) {
		switch q.What {
		case history.Rows:
			s.rows(ctx, &q, yield)
		case history.Incidents:
			s.incidents(ctx, &q, yield)
		case history.Requests:
			s.requests(ctx, q.From, q.To, yield)
		case history.Marks:
			s.marks(ctx, &q, yield)
		default:
			yield(nil, ErrNotGiven)
		}
	}
}

// patient asks again while a service says that its history is busy.
func patient(ctx context.Context, ask func() error) error {
	const tries, pause = 6, 2 * time.Second
	for try := 1; ; try++ {
		err := ask()
		if client.Status(err) != http.StatusServiceUnavailable || try == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// rows yields a batch for each whole step. What is stored in longer steps by now is answered so: then the next one begins where that ends.
func (s Service) rows(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	for at := q.From; at.Before(q.To); {
		next := at.Truncate(q.Step).Add(q.Step)
		if next.After(q.To) {
			next = q.To
		}
		b, err := s.step(ctx, at, next)
		if err != nil && b == nil {
			yield(nil, err)
			return
		}
		if len(b.Rows) > 0 && !yield(b, nil) || err != nil && !yield(nil, err) {
			return
		}
		if at = b.Time.Add(b.Step); at.Before(next) {
			at = next
		}
	}
}

// step is what was done in the step from a time up to another, or in the longer one in which that is stored by now, as a store has it: however much of
// it was observed. With an error it is without what that stands for.
func (s Service) step(ctx context.Context, from, to time.Time) (*history.Batch, error) {
	var endpoints *client.EndpointList
	var dependencies *client.DependencyList
	period, rows := client.Period{From: from, To: to}, client.Rows{Histogram: true}
	err := patient(ctx, func() (err error) {
		endpoints, err = s.Endpoints(ctx, period, rows)
		return err
	})
	if err == nil {
		err = patient(ctx, func() (err error) {
			dependencies, err = s.Dependencies(ctx, period, rows)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	b := &history.Batch{Time: from, Step: to.Sub(from)}
	if s := endpoints.Stored; s != nil && time.Duration(s.StepSeconds)*time.Second > b.Step {
		b.Step = time.Duration(s.StepSeconds) * time.Second
		b.Time = from.Truncate(b.Step)
	}
	for _, list := range [][]client.Row{endpoints.Endpoints, dependencies.Dependencies} {
		for i := range list {
			if list[i].Count > 0 {
				b.Rows = append(b.Rows, rowOf(&list[i]))
			}
		}
	}
	if more := endpoints.Count - len(endpoints.Endpoints) + dependencies.Count - len(dependencies.Dependencies); more > 0 {
		return b, fmt.Errorf("%w: %d rows of %s, beyond the most of an answer", ErrPart, more, from.Format(time.RFC3339))
	}
	return b, nil
}

func rowOf(r *client.Row) history.Row {
	out := history.Row{Endpoint: conventions.Endpoint{Kind: kindOf(r.Kind), Method: r.Method, Route: r.Route}, Guessed: r.Coarse}
	for o := range slowlog.Outcome(slowlog.NumOutcomes) {
		out.Outcomes[o] = r.ByOutcome[o.String()]
	}
	if h, ok := fleet.Durations(r); ok {
		out.Durations = h
	}
	return out
}

func kindOf(name string) conventions.Kind {
	for k := range conventions.Kind(conventions.NumKinds) {
		if k.String() == name {
			return k
		}
	}
	return conventions.KindServer
}

// incidents yields those that began in the time, the oldest first.
func (s Service) incidents(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	var list *client.SpikeList
	err := patient(ctx, func() (err error) {
		list, err = s.SpikesWithin(ctx, q.From, q.To)
		return err
	})
	if err != nil {
		yield(nil, err)
		return
	}
	b := &history.Batch{Time: q.From, Step: history.Minute}
	for _, spike := range slices.Backward(list.Spikes) {
		if spike.Start.Before(q.From) || !spike.Start.Before(q.To) {
			continue
		}
		in := history.Incident{ID: spike.ID, Start: spike.Start, Instance: spike.Instance}
		if spike.End != nil {
			in.End = *spike.End
		}
		if in.Detail, err = json.Marshal(spike); err != nil {
			yield(nil, err)
			return
		}
		b.Incidents = append(b.Incidents, in)
	}
	if len(b.Incidents) > 0 && !yield(b, nil) {
		return
	}
	if more := list.Count - len(list.Spikes); more > 0 {
		yield(nil, fmt.Errorf("%w: %d incidents, beyond the most of an answer", ErrPart, more))
	}
}

// requests yields those that began in the time, the oldest first: where there are more than an answer has, in halves of it.
func (s Service) requests(ctx context.Context, from, to time.Time, yield func(*history.Batch, error) bool) (more bool) {
	var list *client.SlowList
	err := patient(ctx, func() (err error) {
		list, err = s.SlowWithin(ctx, from, to)
		return err
	})
	if err != nil {
		yield(nil, err)
		return false
	}
	left := list.Stored - len(list.Slow)
	if half := to.Sub(from) / 2; left > 0 && half >= time.Second {
		middle := from.Add(half).Truncate(time.Second)
		return s.requests(ctx, from, middle, yield) && s.requests(ctx, middle, to, yield)
	}
	b := &history.Batch{Time: from, Step: history.Minute}
	for i := range slices.Backward(list.Slow) {
		b.Requests = append(b.Requests, entryOf(&list.Slow[i]))
	}
	if len(b.Requests) > 0 && !yield(b, nil) {
		return false
	}
	return left <= 0 || yield(nil, fmt.Errorf("%w: %d requests of %s, beyond the most of an answer", ErrPart, left, from.Format(time.RFC3339)))
}

func entryOf(r *otelperf.SlowRequest) *slowlog.Entry {
	e := &slowlog.Entry{
		Method: r.Method, Route: r.Route, Kind: r.Kind, Path: r.Path, Outcome: slowlog.NumOutcomes, Start: r.Time, Duration: duration(&r.DurationMs),
		Threshold: duration(r.ThresholdMs), BaselineP99: duration(r.BaselineP99Ms), Reason: r.Reason, SpikeID: r.SpikeID, Sampled: r.Sampled,
		Rescued: r.Rescued, Error: slowlog.ErrorInfo{Type: r.ErrorType, Message: r.ErrorMessage},
	}
	_ = e.Outcome.UnmarshalText([]byte(r.Outcome))
	e.TraceID, _ = trace.TraceIDFromHex(r.TraceID) // zero where there is none
	e.SpanID, _ = trace.SpanIDFromHex(r.SpanID)
	if r.Status != nil {
		e.Status = *r.Status
	}
	if r.Instance != "" {
		e.Dimensions = map[string]string{"service.instance.id": r.Instance}
	}
	return e
}

func duration(ms *float64) time.Duration {
	if ms == nil || !(*ms > 0) || *ms > 1e12 {
		return 0
	}
	return time.Duration(*ms * 1e6)
}

func (s Service) marks(ctx context.Context, q *history.Query, yield func(*history.Batch, error) bool) {
	var marks []client.Mark
	err := patient(ctx, func() (err error) {
		marks, err = s.MarksWithin(ctx, q.From, q.To)
		return err
	})
	if err != nil {
		yield(nil, err)
		return
	}
	slices.SortStableFunc(marks, func(a, b client.Mark) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	b := &history.Batch{Time: q.From, Step: history.Minute}
	for _, m := range marks {
		if !m.Time.Before(q.From) && m.Time.Before(q.To) {
			b.Marks = append(b.Marks, history.Mark{ID: m.ID, Time: m.Time, Kind: m.Kind, Text: m.Text, By: m.By})
		}
	}
	if len(b.Marks) > 0 {
		yield(b, nil)
	}
}
