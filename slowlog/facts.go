// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"strings"

	"go.opentelemetry.io/otel/codes"
)

// facts are how a span is shown: its call within the bounds, and in a few words.
type facts struct {
	name, detail, system, peer string
	statement                  string // without literals, whatever the options
	call                       Call   // the statement in it is as the options want it
}

// upkeepName is the name of a node of spans that are no calls.
const upkeepName = "connection and rows"

const (
	maxAttributes   = 16
	maxStatement    = 1024
	maxStatementIn  = 8 << 10
	maxURLIn        = 2 << 10
	maxTemplatePath = 256
)

// reader reads the facts of the spans of one request. It remembers statements: a request that repeats itself repeats them.
type reader struct {
	queryText bool
	queries   map[queryKey]query
}

type queryKey struct{ text, system string }

func (r *reader) query(text, system string) query {
	key := queryKey{text, system}
	q, ok := r.queries[key]
	if !ok {
		if r.queries == nil {
			r.queries = make(map[queryKey]query)
		}
		q = readQuery(text, system)
		r.queries[key] = q
	}
	return q
}

// facts reads a span.
func (r *reader) facts(s *Span) facts {
	f := facts{call: s.Call, peer: own(s.Call.peer(), maxName)}
	f.call.Category = f.call.category()
	f.call.Upkeep = f.call.Upkeep && s.Status != codes.Error && s.ErrType == ""
	f.name = own(r.spanName(s.Name, &f.call), maxName)
	q := r.query(f.call.DBStatement, f.call.DBSystem)
	if !r.queryText {
		f.call.DBStatement = q.text
	}
	f.describe(q)
	return f
}

// category is the category, Own if none is given.
func (c *Call) category() Category {
	if c.Category == "" {
		return Own
	}
	return c.Category
}

// describe fills in what depends on the category.
func (f *facts) describe(q query) {
	switch c := &f.call; c.Category {
	case DB, Cache:
		if c.Upkeep {
			f.name, f.detail, f.system = upkeepName, "", own(c.DBSystem, maxName)
			return
		}
		f.system, f.statement = c.DBSystem, q.text
		f.detail = firstOf(c.DBSummary, joined(c.DBOperation, " ", c.DBCollection), q.summary)
		if c.DBOperation != "" && c.DBCollection == "" && strings.HasPrefix(q.summary, strings.ToUpper(c.DBOperation)) {
			f.detail = firstOf(c.DBSummary, q.summary) // it names the table too
		}
		c.DBSummary = f.detail
	case HTTP:
		f.detail = joined(c.HTTPMethod, " ", c.httpTarget(f.peer))
	case RPC:
		f.system = c.RPCSystem
		f.detail = c.RPCMethod
		if !strings.Contains(f.detail, "/") {
			f.detail = joined(c.RPCService, "/", f.detail)
		}
	case Messaging:
		f.system = c.MessagingSystem
		f.detail = joined(c.MessagingOperation, " ", c.MessagingDestination)
	}
	f.system = own(f.system, maxName)
	f.detail = own(f.detail, maxDetail)
}

// spanName is the name, without literals if it is a statement, and without a query string: some instrumentations
// name spans so.
func (r *reader) spanName(name string, c *Call) string {
	switch c.Category {
	case HTTP:
		name, _, _ = strings.Cut(name, "?")
		return name
	case DB, Cache:
		if c.Category == Cache || name == c.DBStatement || isStatement(name) {
			return firstOf(r.query(name, c.DBSystem).text, c.DBOperation, "query")
		}
	}
	return name
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// joined is both with sep between them, or the one that is not empty.
func joined(a, sep, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + sep + b
}
