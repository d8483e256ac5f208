// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// finish makes the anatomy of a request of what was found of its trace, and puts a slow one into the slow log; from an ordinary one it is
// learned what is usual.
func (s *Service) finish(w *wanted, t *traced) {
	root, children, of := t.below(s, w.entry)
	if w.slow {
		e := w.entry
		if s.fleet.Settings().SpanBytes > 0 {
			e.Anatomy = slowlog.Build(root, children, slowlog.BuildOptions{Normal: w.row.usual.normal()})
			p := pathsOf(e.Anatomy, of, s.name)
			if f, ok := p.finding(e.Anatomy); ok {
				e.Anatomy.Findings = append([]slowlog.Finding{f}, e.Anatomy.Findings...)
			}
			s.mu.Lock()
			w.row.late.add(e, p)
			s.mu.Unlock()
		}
		s.slow.Add(e)
		return
	}
	a := slowlog.Build(root, children, slowlog.BuildOptions{})
	p := pathsOf(a, of, s.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	w.row.usual.observe(a, p)
}

// below are the span of a request and those under it, with the services that they are of. Where the span of another service is the first
// of it on the way down, its name begins with that service's.
func (t *traced) below(s *Service, e *slowlog.Entry) (root slowlog.Span, children []slowlog.Span, of map[trace.SpanID]Name) {
	root = slowlog.Span{SpanID: e.SpanID, Parent: e.ParentSpanID, Name: e.Endpoint(), Kind: trace.SpanKindServer, Start: e.Start, End: e.End()}
	byParent := map[trace.SpanID][]*found{}
	for i := range t.spans {
		f := &t.spans[i]
		if f.SpanID == e.SpanID && f.service == s {
			root = f.Span
			continue
		}
		byParent[f.Parent] = append(byParent[f.Parent], f)
	}
	of = map[trace.SpanID]Name{root.SpanID: s.name}
	for queue := []trace.SpanID{root.SpanID}; len(queue) > 0; queue = queue[1:] {
		above := queue[0]
		for _, f := range byParent[above] {
			if _, again := of[f.SpanID]; again {
				continue
			}
			of[f.SpanID] = f.service.name
			if of[above] != of[f.SpanID] {
				f.Name = of[f.SpanID].Name + ": " + f.Name
			}
			children = append(children, f.Span)
			queue = append(queue, f.SpanID)
		}
	}
	return root, children, of
}
