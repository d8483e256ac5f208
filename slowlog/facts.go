// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// facts are what the attributes of a span say about the call that it is.
type facts struct {
	name, detail, system, peer string
	category                   Category
	statement                  string  // without literals, whatever the options
	raw                        *values // the statement in it is as the options want it
}

const (
	maxAttributes   = 16
	maxScanned      = 128 // attributes of one span that are looked at
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
	raw := valuesOf(s.Attrs)
	f := facts{raw: raw, category: categorize(s.Kind, func(f field) string { return raw[f] })}
	f.name = own(r.spanName(s.Name, raw, f.category), maxName)
	f.peer = own(peerOf(raw), maxName)
	q := r.query(raw[dbText], raw[dbSystem])
	if !r.queryText {
		raw[dbText] = q.text
	}
	f.describe(raw, q)
	return f
}

// describe fills in what depends on the category.
func (f *facts) describe(raw *values, q query) {
	switch f.category {
	case DB, Cache:
		f.system, f.statement = raw[dbSystem], q.text
		f.detail = firstOf(raw[dbSummary], joined(raw[dbOperation], " ", raw[dbCollection]), q.summary)
		if raw[dbOperation] != "" && raw[dbCollection] == "" && strings.HasPrefix(q.summary, strings.ToUpper(raw[dbOperation])) {
			f.detail = firstOf(raw[dbSummary], q.summary) // it names the table too
		}
		raw[dbSummary] = f.detail
	case HTTP:
		f.detail = joined(raw[httpMethod], " ", httpTarget(raw, f.peer))
	case RPC:
		f.system = raw[rpcSystem]
		f.detail = raw[rpcMethod]
		if !strings.Contains(f.detail, "/") {
			f.detail = joined(raw[rpcService], "/", f.detail)
		}
	case Messaging:
		f.system = raw[messagingSystem]
		f.detail = joined(raw[messagingOperation], " ", raw[messagingDestination])
	}
	f.system = own(f.system, maxName)
	f.detail = own(f.detail, maxDetail)
}

// categoryOf is the category alone, for a span of an ordinary request: it allocates nothing.
func categoryOf(s *Span) Category {
	return categorize(s.Kind, func(f field) string {
		for i := range s.Attrs[:min(len(s.Attrs), maxScanned)] {
			kv := &s.Attrs[i]
			if found, ok := canonical[kv.Key]; !ok || found != f {
				continue
			}
			if kv.Value.Type() != attribute.STRING {
				return "?" // it is there, and that is all that is asked of what is not a name
			}
			if v := kv.Value.AsString(); v != "" {
				return v
			}
		}
		return ""
	})
}

// categorize decides by the attributes; the kind only keeps the serving side of a protocol from counting as a call.
func categorize(kind trace.SpanKind, value func(field) string) Category {
	if kind == trace.SpanKindServer || kind == trace.SpanKindConsumer {
		return Own
	}
	if system := value(dbSystem); system != "" {
		if isCache(system) {
			return Cache
		}
		return DB
	}
	switch {
	case value(dbText) != "":
		return DB
	case value(messagingSystem) != "":
		return Messaging
	case value(rpcSystem) != "":
		return RPC
	case kind != trace.SpanKindClient:
		return Own
	case value(httpMethod) != "" || value(urlFull) != "":
		return HTTP
	default:
		return Own
	}
}

func isCache(system string) bool {
	switch system {
	case "redis", "valkey", "memcached", "keydb", "dragonfly", "hazelcast", "aws.elasticache":
		return true
	}
	return false
}

// spanName is the name, without literals if it is a statement, and without a query string: some instrumentations
// name spans so.
func (r *reader) spanName(name string, raw *values, c Category) string {
	if c == HTTP {
		name, _, _ = strings.Cut(name, "?")
		return name
	}
	if c != DB && c != Cache {
		return name
	}
	if c == Cache || name == raw[dbText] || isStatement(name) {
		return firstOf(r.query(name, raw[dbSystem]).text, raw[dbOperation], "query")
	}
	return name
}

func peerOf(raw *values) string {
	address, port := raw[serverAddress], raw[serverPort]
	if address == "" || port == "" || strings.HasPrefix(address, "/") {
		return address
	}
	return address + ":" + port
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
