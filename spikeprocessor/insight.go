// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"iter"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Insight is what is known of one endpoint beyond its numbers.
type Insight struct {
	// Normal is what its ordinary requests spend their time on. While a spike is open it is that of before.
	Normal slowlog.Normal
	// Differences are attribute values that its slow requests of the last ten minutes have more often than its ordinary ones,
	// the most telling first. While a spike is open, they are those that its requests have more often than the ordinary ones before it.
	Differences []Difference
	// SlowSamples and OrdinarySamples are how many requests of the last ten minutes Differences come from, about. With fewer than
	// MinSlowSamples slow ones, or no ordinary one, there are none.
	SlowSamples, OrdinarySamples uint64
	// Dimensions are the latencies by the values of WithDimensions, in its order.
	Dimensions []Dimension
}

// Dimension is the latency of an endpoint by the values of one attribute.
type Dimension struct {
	// Key is one of the keys of WithDimensions.
	Key string
	// Rows has one for each value, the most frequent first, at most 17.
	Rows []DimensionRow
}

// insight is Link.Insight.
func (c *core) insight(ep conventions.Endpoint, now time.Time) (in Insight, ok bool) {
	e := c.table.find(ep)
	if e == nil {
		return in, false
	}
	in.Normal, in.Differences = e.usual.normal(), e.contrast.differences(now)
	in.SlowSamples, in.OrdinarySamples = e.contrast.samples(now)
	for _, key := range c.cfg.dimensions {
		in.Dimensions = append(in.Dimensions, Dimension{string(key), e.contrast.byDimension(string(key), now)})
	}
	return in, true
}

// learn takes one sample into what is normal for its endpoint, and into what tells its slow requests from the others. It
// stands for weight requests.
func (c *core) learn(s *sample, children []slowlog.Span, weight int, now time.Time) {
	if s.entry.class == httpClass && s.entry.route == conventions.UnmatchedRoute && conventions.NamedOtherwise(s.entry.method, s.root.Name()) {
		c.stats.namedOtherwise.Add(uint64(max(weight, 1)))
	}
	if s.belowSubtree() {
		c.stats.subtrees.Add(uint64(max(weight, 1)))
	}
	state := s.entry.state.Load()
	class := classOrdinary
	switch {
	case s.slow || state.spiking() && s.d > state.SpikeThreshold:
		class = classSlow
	case state.spiking():
		class = classNeither
	}
	if (class == classOrdinary || state.spiking()) && unrecorded(s.unsure, s.root, children, s.kin.dropped) == 0 {
		root := c.slowSpan(s.root)
		s.entry.usual.observe(slowlog.BreakdownOf(root, children), slowlog.CallsOf(root, children), now)
	}
	c.repeat(s, children, now)
	s.entry.contrast.observe(class, weight, c.values(s, children), s.d, now)
}

// belowSubtree reports whether the route of a request is all of a subtree below which a router may know more. Reading what looks like
// a file is no sign of one.
func (s *sample) belowSubtree() bool {
	e := s.entry
	if e.class != httpClass || s.status >= http.StatusBadRequest || s.status == http.StatusNotModified {
		return false
	}
	path := conventions.Path(s.root.Attributes())
	if path == "" || !conventions.BelowSubtree(e.route, path) {
		return false
	}
	return e.method != http.MethodGet && e.method != http.MethodHead || !conventions.IsFile(path)
}

// values are what requests are told apart by: how they ended, the call that took longest, and the user's dimensions.
func (c *core) values(s *sample, children []slowlog.Span) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		attrs := s.root.Attributes()
		if s.status != 0 && !yield(string(conventions.StatusKey), strconv.Itoa(s.status)) {
			return
		}
		if call := longestCall(children); call != "" && !yield("longest call", call) {
			return
		}
		for _, key := range c.cfg.dimensions {
			if v := attrValue(attrs, key); v != "" && !yield(string(key), v) {
				return
			}
		}
	}
}

// attrValue is the value of an attribute as text.
func attrValue(attrs []attribute.KeyValue, key attribute.Key) string {
	for i := range attrs {
		if attrs[i].Key == key {
			return attrs[i].Value.String()
		}
	}
	return ""
}

// longestCall names the client span that took longest.
func longestCall(children []slowlog.Span) (name string) {
	var longest time.Duration
	for i := range children {
		s := &children[i]
		if d := s.End.Sub(s.Start); s.Kind == trace.SpanKindClient && d > longest {
			longest, name = d, s.Name
			if s.Call.DBSummary != "" {
				name = s.Call.DBSummary
			}
		}
	}
	return name
}
