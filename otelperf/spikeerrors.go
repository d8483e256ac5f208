// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// maxSpikeErrors bounds the errors that a spike names.
const maxSpikeErrors = 3

// Errors are those of the failed requests of a part that are stored, the most frequent first. Of a dependency they are of the calls in
// requests, one for each request.
func (r spikeRequests) Errors(p *engine.Part) []engine.ErrorGroup {
	var groups []engine.ErrorGroup
	for e := range r.slow.All() {
		info, ok := failureOf(p, e)
		if !ok {
			continue
		}
		kind := errorType(info.Type, e)
		i := slices.IndexFunc(groups, func(g engine.ErrorGroup) bool { return g.Type == kind })
		if i < 0 { // the latest come first
			i = len(groups)
			groups = append(groups, engine.ErrorGroup{Type: kind, Message: info.Message})
			groups[i].Last = requestOf(e)
		}
		groups[i].Count++
	}
	order.By(groups, func(a, b *engine.ErrorGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups[:min(len(groups), maxSpikeErrors)]
}

// errorOf is of which type of error a request is that a part is about.
func errorOf(p *engine.Part, e *slowlog.Entry) (kind string, ok bool) {
	info, ok := failureOf(p, e)
	return errorType(info.Type, e), ok
}

// errorType is a type that is known; else that of the request by its status or outcome.
func errorType(known string, e *slowlog.Entry) string {
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

// addErrors takes over those of the first part that has any.
func (s *Spike) addErrors(p *engine.Part) {
	if len(s.Errors) > 0 {
		return
	}
	for _, g := range p.Errors {
		one := SpikeError{Type: g.Type, Message: g.Message, Count: g.Count}
		if g.Last.TraceID.IsValid() {
			one.LastRequest = new(refOf(g.Last))
		}
		s.Errors = append(s.Errors, one)
	}
}

// leaveOutMessages leaves types of errors alone: messages may quote data.
func (s *Spike) leaveOutMessages(in *engine.Incident) {
	for i := range s.Errors {
		s.Errors[i].Message = ""
	}
	for i := range in.Parts {
		p, of := &in.Parts[i], &s.Endpoints[i]
		if len(p.Errors) == 0 || of.Cause == "" {
			continue
		}
		if s.Cause == of.Cause {
			s.Cause = errorCause(p, false)
		}
		of.Cause = errorCause(p, false)
	}
}

// leaveOutErrors leaves out of a spike of a history what may quote the message of an error.
func (s *Spike) leaveOutErrors() {
	for i := range s.Errors {
		s.Errors[i].Message = ""
	}
	if len(s.Causes) == 0 {
		s.Cause = ""
	}
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; len(e.Causes) == 0 {
			e.Cause = ""
		}
	}
}

// causeMessage is how much of a message is in the sentence of a cause, in bytes.
const causeMessage = 120

// errorCause says how many have failed, and with what most, such as "GET /pay: 37 of 120 failed, most of them: context deadline exceeded (31 of
// 37)"; "" if that is not known. Without messages it names types alone.
func errorCause(p *engine.Part, messages bool) string {
	if len(p.Errors) == 0 {
		return ""
	}
	all, first := uint64(0), &p.Errors[0]
	for _, g := range p.Errors {
		all += g.Count
	}
	text := first.Type
	if messages && first.Message != "" {
		text, _, _ = strings.Cut(first.Message, "\n")
	} else if _, err := strconv.Atoi(text); err == nil {
		text = "status " + text
	}
	text = strings.Map(printable, text)
	if len(text) > causeMessage {
		text = strings.ToValidUTF8(text[:causeMessage], "") + "..."
	}
	word := map[engine.Matter]string{engine.Panics: "panicked", engine.ClientErrors: "were client errors"}[p.Matter]
	who := fmt.Sprintf("%s: %d of %d %s", p.Endpoint, p.Total.Above, p.Total.N, cmp.Or(word, "failed"))
	switch {
	case first.Count == all:
		return who + ", all of them: " + text
	case 2*first.Count > all:
		return fmt.Sprintf("%s, most of them: %s (%d of %d)", who, text, first.Count, all)
	}
	return fmt.Sprintf("%s, the most frequent: %s (%d of %d)", who, text, first.Count, all)
}

// printable makes a space of what is not to be seen, such as the beginning of a terminal's escape sequence.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return ' '
	}
	return r
}
