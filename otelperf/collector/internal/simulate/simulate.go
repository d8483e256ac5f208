// SPDX-License-Identifier: Apache-2.0

// Package simulate makes the requests of services with known faults, and the batches in which their instances send them. It is for tests.
package simulate

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Request is one of them.
type Request struct {
	Service, Route string
	End            time.Time
	Duration       time.Duration
	Status         int64
}

// Endpoint is how often one is asked, and what is wrong with it.
type Endpoint struct {
	Route  string
	Rate   float64       // requests a second
	Median time.Duration // lognormal, with a spread of 1.5
	Faults []Fault
}

// Fault makes requests slower for a while.
type Fault struct {
	From, To time.Duration // after the start
	Factor   float64
	Share    float64 // of the requests
}

// Requests are those of a service from a start on, by their end to the millisecond.
func Requests(seed uint64, service string, start time.Time, length time.Duration, endpoints ...Endpoint) (all []Request) {
	r := rand.New(rand.NewPCG(seed, 1))
	for _, ep := range endpoints {
		for at := time.Duration(0); ; {
			at += time.Duration(r.ExpFloat64() / ep.Rate * float64(time.Second))
			if at > length {
				break
			}
			d := float64(ep.Median) * math.Exp(math.Log(1.5)*r.NormFloat64())
			for _, f := range ep.Faults {
				if at >= f.From && at < f.To && r.Float64() < f.Share {
					d *= f.Factor
				}
			}
			status := int64(200)
			if r.IntN(500) == 0 {
				status = 500
			}
			all = append(all, Request{service, ep.Route, start.Add(at).Truncate(time.Millisecond), time.Duration(d).Truncate(time.Microsecond), status})
		}
	}
	slices.SortStableFunc(all, func(a, b Request) int { return a.End.Compare(b.End) })
	return all
}

// CSV is requests as "otelperf replay" reads them.
func CSV(all []Request) string {
	var b strings.Builder
	b.WriteString("timestamp,route,duration_ms,status\n")
	for i := range all {
		q := &all[i]
		fmt.Fprintf(&b, "%s,%s,%.3f,%d\n", q.End.UTC().Format("2006-01-02T15:04:05.000Z"), q.Route, float64(q.Duration)/1e6, q.Status)
	}
	return b.String()
}

// Batch is what an instance sends at a time.
type Batch struct {
	At       time.Time
	Service  string
	Instance int
	Requests []Request
}

// Batches has each of n instances of each service send every so often what has ended, with a phase of its own.
func Batches(seed uint64, all []Request, n int, every time.Duration) (out []Batch) {
	type id struct {
		service string
		i       int
	}
	r := rand.New(rand.NewPCG(seed, 2))
	by := map[id][]Request{}
	for _, q := range all {
		k := id{q.Service, r.IntN(n)}
		by[k] = append(by[k], q)
	}
	var keys []id
	for k := range by {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b id) int { return cmp.Or(cmp.Compare(a.service, b.service), a.i-b.i) })
	for _, k := range keys {
		phase := time.Duration(r.Int64N(int64(every)))
		for _, q := range by[k] {
			at := q.End.Add(-phase).Truncate(every).Add(every + phase + 50*time.Millisecond)
			if last := len(out) - 1; last < 0 || !out[last].At.Equal(at) || out[last].Service != k.service || out[last].Instance != k.i {
				out = append(out, Batch{At: at, Service: k.service, Instance: k.i})
			}
			last := &out[len(out)-1]
			last.Requests = append(last.Requests, q)
		}
	}
	slices.SortStableFunc(out, func(a, b Batch) int { return a.At.Compare(b.At) })
	return out
}

// Traces are the spans of a batch, of an instance whose clock is ahead by so much.
func (b *Batch) Traces(ahead time.Duration) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", b.Service)
	rs.Resource().Attributes().PutStr("service.instance.id", fmt.Sprint(b.Instance))
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	spans.EnsureCapacity(len(b.Requests))
	for i := range b.Requests {
		q := &b.Requests[i]
		sp := spans.AppendEmpty()
		nano := uint64(q.End.UnixNano())
		sp.SetTraceID(pcommon.TraceID{1, byte(i), byte(i >> 8), byte(b.Instance), byte(nano), byte(nano >> 8), byte(nano >> 16), byte(nano >> 24), byte(nano >> 32)})
		sp.SetSpanID(pcommon.SpanID{1, byte(i), byte(i >> 8)})
		sp.SetName("GET " + q.Route)
		sp.SetKind(ptrace.SpanKindServer)
		end := q.End.Add(ahead)
		sp.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-q.Duration)))
		sp.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
		sp.Attributes().PutStr("http.request.method", "GET")
		sp.Attributes().PutStr("http.route", q.Route)
		sp.Attributes().PutInt("http.response.status_code", q.Status)
	}
	return td
}

// Shop are three services with six faults of 10 minutes in two hours.
func Shop(start time.Time) (all []Request) {
	m := time.Minute
	all = append(all, Requests(1, "shop", start, 120*m,
		Endpoint{"/cart", 8, 40 * time.Millisecond, []Fault{{50 * m, 60 * m, 3, 1}, {95 * m, 105 * m, 8, 0.1}}},
		Endpoint{"/items", 2, 90 * time.Millisecond, []Fault{{70 * m, 80 * m, 5, 1}}})...)
	all = append(all, Requests(2, "stock", start, 120*m,
		Endpoint{"/levels", 4, 15 * time.Millisecond, []Fault{{55 * m, 65 * m, 4, 0.5}, {90 * m, 100 * m, 3, 1}}})...)
	all = append(all, Requests(3, "mail", start, 120*m,
		Endpoint{"/send", 0.5, 300 * time.Millisecond, []Fault{{80 * m, 90 * m, 10, 1}}})...)
	slices.SortStableFunc(all, func(a, b Request) int { return a.End.Compare(b.End) })
	return all
}
