// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// Part is what is known of an endpoint's part in a spike.
type Part struct {
	Endpoint string
	Spent    spikeprocessor.Spent
	// Recorded is what the last recording with slow requests of the endpoint has found; nil for none. Recorder is whether there may be one.
	Recorded *causes.Endpoint
	Recorder bool

	// Sampled is where its slow requests were seen while they ran.
	Sampled []stacks.Place

	Signals []runtimesignals.Deviation // that had left their normal
	Pools   []runtimesignals.PoolState
	// Running are its slow requests that run now, Alone is whether no other endpoint is slow.
	Running int
	Alone   bool
}

// fewestUsual is how many ordinary requests there must be to compare with.
const fewestUsual = 10

// maxKnown bounds the causes that are named.
const maxKnown = 5

// finder is the work on one Part.
type finder struct {
	*Part
	extra float64 // ms that a slow request takes longer
	spans bool    // child spans can be compared
	own   float64 // share of extra that is own time
	left  float64 // of own, what has no cause yet
	found []candidate
}

// candidate is what may be a cause.
type candidate struct {
	causes.Ranked
	family family
	text   string // the sentence without the share
	// Of a recording: how much longer requests took for it then, and in all, where that is another time now.
	extra, then float64
	atMost      bool // the share is what it can be at most
}

// Find returns the causes of one part.
func Find(p *Part) causes.Why {
	f := finder{Part: p}
	more := p.Spent.Ms.More()
	f.spans = p.Spent.Slow >= causes.FewestSlow && p.Spent.Usual >= fewestUsual && more > 0 && !math.IsInf(more, 0)
	if f.spans {
		f.extra = more
		f.own = f.share(p.Spent.Own.More())
		f.calls()
	}
	f.left = f.own
	if r := p.Recorded; r != nil && r.Slow >= causes.FewestSlow && r.SlowNanos > r.NormalNanos {
		if !f.spans {
			f.extra = recordedExtra(r)
		}
		for i := range r.Causes {
			f.recorded(&r.Causes[i])
		}
	}
	if f.spans {
		for i := range p.Sampled {
			f.sampled(&p.Sampled[i])
		}
		f.signals()
		f.unknown()
	}
	return f.why()
}

// share is ms as one of the extra time, 0 to 1.
func (f *finder) share(ms float64) float64 {
	if !(f.extra > 0) {
		return 0
	}
	return clamp(ms / f.extra)
}

// clamp is x from 0 to 1; what is no number is 0.
func clamp(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

// add takes a candidate in.
func (f *finder) add(from causes.Source, is family, about, text string, share float64) *candidate {
	f.found = append(f.found, candidate{
		Ranked: causes.Ranked{Source: from, ConfirmedBy: []causes.Source{}, About: Clean(about, maxAbout), Share: clamp(share)}, family: is, text: text,
	})
	return &f.found[len(f.found)-1]
}

// confirm notes that another source says the same.
func (c *candidate) confirm(by causes.Source) {
	if by != c.Source && !slices.Contains(c.ConfirmedBy, by) {
		c.ConfirmedBy = append(c.ConfirmedBy, by)
	}
}

// why ranks what was found.
func (f *finder) why() (w causes.Why) {
	if f.extra <= 0 {
		return f.cannotTell()
	}
	w.Causes, w.ExtraMs = []causes.Ranked{}, f.extra
	for i := range f.found {
		c := &f.found[i]
		if c.Share >= causes.Least {
			c.ExtraMs = f.extra * c.Share
			if c.extra > 0 {
				c.ExtraMs = c.extra
			}
			c.Sentence = sentence(c)
			w.Causes = append(w.Causes, c.Ranked)
		}
	}
	order.By(w.Causes, func(a, b *causes.Ranked) int {
		return cmp.Or(compareUnknown(a, b), cmp.Compare(b.Share, a.Share), cmp.Compare(a.About, b.About))
	})
	known := slices.IndexFunc(w.Causes, func(c causes.Ranked) bool { return c.Unknown })
	if known < 0 {
		known = len(w.Causes)
	}
	if known > maxKnown {
		w.Causes = slices.Delete(w.Causes, maxKnown, known)
	}
	w.Sentence = headline(f.Endpoint, f.extra, w.Causes)
	return w
}

func compareUnknown(a, b *causes.Ranked) int {
	switch {
	case a.Unknown == b.Unknown:
		return 0
	case b.Unknown:
		return -1
	}
	return 1
}

// cannotTell is what there is to say where nothing can be compared.
func (f *finder) cannotTell() causes.Why {
	w := causes.Why{Causes: []causes.Ranked{}}
	switch {
	case f.Spent.Slow < causes.FewestSlow:
	case f.Spent.Usual < fewestUsual:
		w.Sentence = Clean(f.Endpoint, maxEndpoint) + ": the cause is unknown: what its ordinary requests spend their time on was not learned before"
	}
	return w
}
