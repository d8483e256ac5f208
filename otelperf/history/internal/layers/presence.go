// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Bounds of what is stored of an hour.
const (
	maxSpans     = 200  // of an instance
	maxInstances = 1000 // beyond, they are one without a name
	maxInstance  = 256  // bytes of a name
)

// presence is who has observed an hour or a minute, and when.
type presence struct {
	known bool               // what was written by a program that did not say it, is not
	of    []history.Observed // by instance
}

// add adds what others have observed.
func (p *presence) add(o *presence) {
	p.known = p.known || o.known
	for _, x := range o.of {
		p.see(x.Instance, x.Spans)
	}
}

func (p *presence) see(instance string, spans []history.Span) {
	i, found := slices.BinarySearchFunc(p.of, instance, func(o history.Observed, name string) int { return cmp.Compare(o.Instance, name) })
	if !found {
		if len(p.of) >= maxInstances && instance != "" {
			p.see("", spans)
			return
		}
		p.of = slices.Insert(p.of, i, history.Observed{Instance: instance})
	}
	p.of[i].Spans = append(p.of[i].Spans, spans...)
}

// fill takes steps of a length from a time on in which there is a signal as observed.
func (p *presence) fill(steps [][]history.Signal, from time.Time, length time.Duration) {
	var spans []history.Span
	for i, signals := range steps {
		if at := from.Add(time.Duration(i) * length); len(signals) > 0 {
			spans = append(spans, history.Span{From: at, To: at.Add(length)})
		}
	}
	if len(spans) > 0 {
		p.known = true
		p.see("", spans)
	}
}

// bound puts the spans of each instance in order, and closes the shortest gaps of those that have more than there is room for.
func (p *presence) bound() {
	for i := range p.of {
		spans := history.Union(p.of[i].Spans)
		if over := len(spans) - maxSpans; over > 0 {
			spans = closeGaps(spans, over)
		}
		p.of[i].Spans = spans
	}
}

// closeGaps closes so many of the gaps between spans, the shortest.
func closeGaps(spans []history.Span, n int) (out []history.Span) {
	after := make([]int, len(spans)-1) // spans that a gap follows
	for i := range after {
		after[i] = i
	}
	order.By(after, func(a, b *int) int {
		return cmp.Compare(spans[*a+1].From.Sub(spans[*a].To), spans[*b+1].From.Sub(spans[*b].To))
	})
	closed := make([]bool, len(spans))
	for _, i := range after[:n] {
		closed[i+1] = true
	}
	for i, s := range spans {
		if closed[i] {
			out[len(out)-1].To = s.To
		} else {
			out = append(out, s)
		}
	}
	return out
}

// within is what was observed of a time; nil if that is not known.
func (p *presence) within(from, to time.Time) (out []history.Observed) {
	if p.known {
		out = []history.Observed{}
	}
	for _, o := range p.of {
		if spans := history.Within(o.Spans, from, to); len(spans) > 0 {
			out = append(out, history.Observed{Instance: o.Instance, Spans: spans})
		}
	}
	return out
}

// append writes how many instances there are, and of each its name, how many spans it has, and for each span the milliseconds since the one before, or
// since from, and its length in them; nothing for what is not known.
func (p *presence) append(raw []byte, from time.Time) []byte {
	if !p.known {
		return raw
	}
	raw = binary.AppendUvarint(raw, uint64(len(p.of)))
	for _, o := range p.of {
		raw = append(binary.AppendUvarint(raw, uint64(len(o.Instance))), o.Instance...)
		raw = binary.AppendUvarint(raw, uint64(len(o.Spans)))
		at := from.UnixMilli()
		for _, s := range o.Spans {
			begin, end := max(at, s.From.UnixMilli()), s.To.UnixMilli()
			end = max(begin, end)
			raw = binary.AppendUvarint(binary.AppendUvarint(raw, uint64(begin-at)), uint64(end-begin))
			at = end
		}
	}
	return raw
}

// readPresence reads what append wrote, of a time from one on.
func readPresence(raw []byte, from time.Time, length time.Duration) (p presence, err error) {
	if len(raw) == 0 {
		return p, nil
	}
	p.known = true
	bad := false
	next := func(most int64) int64 {
		v, n := binary.Uvarint(raw)
		if n <= 0 || v > uint64(most) {
			bad, raw = true, nil
			return 0
		}
		raw = raw[n:]
		return int64(v)
	}
	for range next(maxInstances + 1) {
		n := next(min(maxInstance, int64(len(raw))))
		if n > int64(len(raw)) {
			bad = true
			break
		}
		o := history.Observed{Instance: string(raw[:n])}
		raw = raw[n:]
		at, left := from, length.Milliseconds()
		for range next(maxSpans) {
			skip := next(left)
			took := next(left - skip)
			left -= skip + took
			at = at.Add(time.Duration(skip) * time.Millisecond)
			s := history.Span{From: at, To: at.Add(time.Duration(took) * time.Millisecond)}
			if at = s.To; took > 0 {
				o.Spans = append(o.Spans, s)
			}
		}
		p.of = append(p.of, o)
	}
	if bad || len(raw) > 0 {
		return presence{}, damaged("when it was observed")
	}
	slices.SortFunc(p.of, func(a, b history.Observed) int { return cmp.Compare(a.Instance, b.Instance) })
	return p, nil
}
