// SPDX-License-Identifier: Apache-2.0

package involved

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxErrors bounds the errors that a part of an incident names.
const maxErrors = 3

// Errors are those of the failed requests of a part that are stored, at most 3, the most frequent first. Of a dependency they are of the
// calls in requests, one for each request.
func Errors(store *slowlog.Store, p *engine.Part) []engine.ErrorGroup {
	var groups []engine.ErrorGroup
	for e := range store.All() {
		info, ok := failureOf(p, e)
		if !ok {
			continue
		}
		kind := ErrorType(info.Type, e)
		i := slices.IndexFunc(groups, func(g engine.ErrorGroup) bool { return g.Type == kind })
		if i < 0 { // the latest come first
			i = len(groups)
			groups = append(groups, engine.ErrorGroup{Type: kind, Message: info.Message})
			groups[i].Last = RequestOf(e)
		}
		groups[i].Count++
	}
	order.By(groups, func(a, b *engine.ErrorGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups[:min(len(groups), maxErrors)]
}

// Error is of which type of error a request is that a part is about; ok is false for another request.
func Error(p *engine.Part, e *slowlog.Entry) (kind string, ok bool) {
	info, ok := failureOf(p, e)
	return ErrorType(info.Type, e), ok
}

// ErrorType is a type that is known; else that of the request by its status or outcome.
func ErrorType(known string, e *slowlog.Entry) string {
	return cmp.Or(known, statusType(e), e.Outcome.String())
}

// statusType is the error.type of a request by its HTTP status, as the semantic conventions have it; "" without one.
func statusType(e *slowlog.Entry) string {
	if e.Kind != conventions.KindHTTP.String() || e.Status < 400 {
		return ""
	}
	return strconv.Itoa(e.Status)
}

// failureOf is what went wrong in a request of the time of a part; ok is false for one that is not what the part is about.
func failureOf(p *engine.Part, e *slowlog.Entry) (info slowlog.ErrorInfo, ok bool) {
	if !during(p, e) {
		return info, false
	}
	if p.Endpoint.Kind == conventions.KindDependency {
		if e.Anatomy == nil {
			return info, false
		}
		return failedCall(e.Anatomy.Root, p.Endpoint.Route)
	}
	return e.Error, isOf(p, e) && (e.Failed() && p.Matter == engine.Failures || e.Outcome == slowlog.OutcomePanic && p.Matter == engine.Panics ||
		e.Outcome == slowlog.OutcomeClientError && p.Matter == engine.ClientErrors)
}

// failedCall finds a call in a tree that failed and was measured in the row of a dependency.
func failedCall(n *slowlog.Node, route string) (info slowlog.ErrorInfo, ok bool) {
	if n == nil {
		return info, false
	}
	if n.Dependency == route && n.Status == "error" {
		return n.Error, true
	}
	for _, c := range n.Children {
		if info, ok = failedCall(c, route); ok {
			return info, true
		}
	}
	return info, false
}
