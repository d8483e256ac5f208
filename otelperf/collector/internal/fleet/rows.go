// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	// aliasesEach is how many names, as spans have them, are remembered for a row, on average, and maxAliasBytes how long they are at most.
	aliasesEach   = 4
	maxAliasBytes = 512
	// maxQueryBytes is how much of a statement is looked at, and queriesPerSecond how many new ones are in a second.
	maxQueryBytes    = 8 << 10
	queriesPerSecond = 50
	// forgetAfter is how many seconds ago a row was last seen that makes room for others.
	forgetAfter = 3600
)

// rows are the endpoints of a service: at most max, and one that the rest of a kind shares.
type rows struct {
	max     int
	all     []*row                         // by id; nil where one was forgotten
	free    []int32                        // ids of those
	named   map[conventions.Endpoint]int32 // without the shared ones
	shared  [conventions.NumKinds]int32    // id + 1
	aliases aliases                        // of rows of named
	guesses *conventions.Guesses

	queries   int   // new statements that were looked at in second
	second    int64 // see queries
	crowded   bool  // one did not get a row since the last sweep
	swept     int64
	forgotten []int32 // that the engine does not know of yet
}

func newRows(max int) rows {
	return rows{max: max, named: map[conventions.Endpoint]int32{}, aliases: newAliases(), guesses: conventions.NewGuesses()}
}

// request returns the row of a request.
func (r *rows) request(q *conventions.Request) int32 {
	k := alias{kind: q.Kind, a: q.Method, b: q.Route}
	if id, ok := r.aliases.row(&k); ok {
		return id
	}
	ep := q.Endpoint()
	if q.Unproven {
		if _, ok := r.named[ep]; !ok && !r.guesses.Admit(q) {
			return r.of(conventions.Endpoint{Kind: ep.Kind, Method: ep.Method, Route: conventions.UnmatchedRoute})
		}
	}
	return r.remember(&k, r.of(ep))
}

// call returns the row of a call, of which the reader has the span.
func (r *rows) call(reader *conventions.Reader, span string, second int64) int32 {
	c, prefix, name, statement, port := reader.Dependency()
	k := alias{kind: conventions.KindDependency, category: c, port: port, a: prefix, b: name}
	switch {
	case name != "":
		k.from = fromName
	case statement != "":
		k.from, k.b = fromStatement, statement
	default:
		k.from, k.b = fromSpan, span
	}
	if id, ok := r.aliases.row(&k); ok {
		return id
	}
	known := true
	if name == "" && statement != "" {
		name, known = r.summary(statement, prefix, second)
	}
	if name == "" {
		if name, statement = reader.NameOf(c); statement != "" {
			name, known = r.summary(statement, prefix, second)
		}
		known = known && k.from == fromSpan && name == span // the destination of messages is in their attributes
	}
	id := r.of(conventions.DependencyEndpoint(c, prefix, name, port))
	if known {
		r.remember(&k, id)
	}
	return id
}

// summary is that of a statement; known is false if it was not looked at.
func (r *rows) summary(statement, system string, second int64) (name string, known bool) {
	if second != r.second {
		r.second, r.queries = second, 0
	}
	if r.queries++; r.queries > queriesPerSecond {
		return "", false
	}
	return conventions.Clip(slowlog.QuerySummary(statement[:min(len(statement), maxQueryBytes)], system)), true
}

// remember notes what a row is called in spans, while there is room.
func (r *rows) remember(k *alias, id int32) int32 {
	if r.aliases.len() < aliasesEach*r.max && len(k.a)+len(k.b) <= maxAliasBytes && r.all[id].endpoint.Route != conventions.OverflowRoute {
		r.aliases.add(k, id)
	}
	return id
}

// of returns the row of an endpoint, which it makes if there is room, and else the one that the rest of the kind shares.
func (r *rows) of(ep conventions.Endpoint) int32 {
	if ep.Route == conventions.OverflowRoute {
		return r.other(ep.Kind)
	}
	if id, ok := r.named[ep]; ok {
		return id
	}
	if len(r.named) >= r.max {
		r.crowded = true
		return r.other(ep.Kind)
	}
	ep.Method, ep.Route = strings.Clone(ep.Method), strings.Clone(ep.Route)
	id := r.add(ep)
	r.named[ep] = id
	return id
}

func (r *rows) other(k conventions.Kind) int32 {
	if r.shared[k] == 0 {
		r.shared[k] = r.add(conventions.Endpoint{Kind: k, Route: conventions.OverflowRoute}) + 1
	}
	return r.shared[k] - 1
}

func (r *rows) add(ep conventions.Endpoint) int32 {
	if n := len(r.free); n > 0 {
		id := r.free[n-1]
		r.free = r.free[:n-1]
		r.all[id] = newRow(ep)
		return id
	}
	r.all = append(r.all, newRow(ep))
	return int32(len(r.all) - 1)
}

// sweep looks once a minute for rows that make room, if there was none for one.
func (r *rows) sweep(unix int64) {
	if !r.crowded || unix-r.swept < 60 {
		return
	}
	r.crowded, r.swept = false, unix
	for ep, id := range r.named {
		if unix-r.all[id].seen > forgetAfter && r.all[id].state.SpikeID == "" {
			delete(r.named, ep)
			r.forgotten = append(r.forgotten, id)
		}
	}
	if len(r.forgotten) > 0 {
		r.aliases.keep(func(id int32) bool { _, ok := r.named[r.all[id].endpoint]; return ok })
	}
}

// forget tells the engine which rows are no more. Afterwards their ids are others'.
func (r *rows) forget(yield func(*spikeprocessor.Delta) bool) {
	for _, id := range r.forgotten {
		ep := r.all[id].endpoint
		d := &spikeprocessor.Delta{ID: int(id), Endpoint: ep, Forgotten: true, Other: int(r.other(ep.Kind))}
		r.all[r.other(ep.Kind)].absorb(r.all[id])
		r.all[id] = nil
		r.free = append(r.free, id)
		if !yield(d) {
			break
		}
	}
	r.forgotten = r.forgotten[:0]
}

// row is one endpoint. What each request looks at is at its beginning: a line of the processor's cache.
type row struct {
	slow      time.Duration // above which a request is looked at; 0 while that is the threshold of all
	knowsSlow bool
	usualTo   time.Duration                // above which a request is slower than usual, if knowsSlow: the end of a bucket
	expects   float64                      // share of the requests of an instance that is slower at most
	state     spikeprocessor.EndpointState // as of the engine

	endpoint conventions.Endpoint
	slowest  engine.UsualSlow // of usualTo and expects
	longest  time.Duration
	sampled  int64 // second in which an ordinary request was looked at last
	seen     int64 // second
	totals   *totals
	example  *example // a span of it; nil before the first
	usual    usual
	late     recent
	sample   *sampled // nil while none of its requests stood for more than itself
}

func newRow(ep conventions.Endpoint) *row { return &row{endpoint: ep} }
