// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/otelperf/otelperf-go/slowlog/order"
)

// The kinds of a [Finding].
const (
	FindingRepeated   = "repeated"    // many equal calls where one would do: an N+1
	FindingDominant   = "dominant"    // one call took at least half of the request
	FindingOwnTime    = "own_time"    // a part of this process' own code took at least a quarter of it
	FindingGap        = "gap"         // a stretch without any call took at least a quarter of it
	FindingUnusual    = "unusual"     // a category took far more than it usually does
	FindingFailed     = "failed"      // calls that failed
	FindingLate       = "late"        // calls that went on after the request had ended
	FindingIncomplete = "incomplete"  // the tree lacks spans
	FindingNoChildren = "no_children" // nothing is known of where the time went
	FindingRecorded   = "recorded"    // what the request waited for, as a recording of the runtime shows it
)

// UnknownTime is what the time of a request may be in which no call ran.
const UnknownTime = "own code, queueing or GC"

// Finding is one thing that stands out in an anatomy.
type Finding struct {
	Kind string  `json:"kind"`     // one of the Finding constants
	Text string  `json:"text"`     // one short sentence, without control characters; at most 1 KiB
	Ms   float64 `json:"about_ms"` // the time that it is about, which findings are ordered by; 0 for remarks
}

const (
	maxFindings   = 8
	maxRecorded   = 3    // of these, that a recording shows
	minRepeats    = 5    // equal calls before they are a finding
	repeatShare   = 0.1  // of the request, unless there are many
	manyRepeats   = 20   // equal calls that are a finding however short
	dominantShare = 0.5  // of the request
	ownShare      = 0.25 // of the request
	unusualFactor = 2.0  // above the usual time of a category
	unusualShare  = 0.1  // of the request, above the usual
	unusualMs     = 1.0
	enoughSamples = 10
)

// explain computes the findings of an anatomy, the weightiest first. lost is as in a tree.
func explain(a *Anatomy, lost int64, opts *BuildOptions) []Finding {
	x := explanation{a: a, total: a.Root.DurationMs, lost: msOf(lost), out: []Finding{}}
	if a.Dropped > 0 || a.Unrecorded > 0 {
		x.atLeast = "at least "
	}
	if lost < 0 || a.Unrecorded > 0 {
		x.lost = math.Inf(1)
	}
	if a.Spans > 0 {
		a.Root.walk(x.node)
		x.gap()
		x.dominant()
	} else if x.atLeast == "" {
		x.add(FindingNoChildren, x.total, "no child spans: %s ms of %s, or calls that are not instrumented", ms(x.total), UnknownTime)
	}
	x.unusual(opts.Normal)
	x.remarks()
	x.missing(opts.UnrecordedBy)
	order.By(x.out, func(a, b *Finding) int { return cmp.Compare(b.Ms, a.Ms) })
	return x.within(maxFindings)
}

type explanation struct {
	a       *Anatomy
	total   float64
	lost    float64 // milliseconds that spans may have taken that are not in the tree; infinite if nothing is known of them
	atLeast string  // in front of what is more where spans are not in the tree
	vital   []Finding
	out     []Finding
}

// within leaves out the least of the findings that are too many, but not those without which the others would not be true.
func (x *explanation) within(limit int) []Finding {
	for i := len(x.out) - 1; i >= 0 && len(x.out) > limit; i-- {
		if !slices.Contains(x.vital, x.out[i]) {
			x.out = slices.Delete(x.out, i, i+1)
		}
	}
	return x.out
}

func (x *explanation) add(kind string, about float64, format string, args ...any) {
	x.out = append(x.out, Finding{Kind: kind, Ms: about, Text: clamp(fmt.Sprintf(format, args...), maxMessage)})
}

// node looks at what one node says by itself.
func (x *explanation) node(n *Node) {
	if n == x.a.Root {
		return
	}
	if n.Count >= minRepeats && n.Name != upkeepName && (n.BusyMs >= repeatShare*x.total || n.Count >= manyRepeats) {
		of := ""
		if x.a.Dropped > 0 {
			of = ", of " + calls(x.a.Spans+x.a.Dropped) + ","
		}
		x.add(FindingRepeated, n.BusyMs, "%s%d calls of %s%s took %s%s of %s ms", x.atLeast, n.Count, n.label(), of, x.atLeast, ms(n.BusyMs), ms(x.total))
	}
	if self := n.SelfMs - x.lost; n.Category == Own && n.Count == 1 && self >= ownShare*x.total && x.total > 0 {
		x.add(FindingOwnTime, self, "%s%s of %s ms in %s itself: %s", x.atLeast, ms(self), ms(x.total), n.label(), UnknownTime)
	}
	if n.Status == "error" {
		x.failed(n)
	}
}

func (x *explanation) failed(n *Node) {
	reason := firstOf(n.Error.Type, n.Error.Message)
	if reason != "" {
		reason = ": " + printable(clamp(reason, maxName))
	}
	if n.Count > 1 {
		x.add(FindingFailed, n.BusyMs, "%s%d calls of %s failed%s", x.atLeast, n.Count, n.label(), reason)
		return
	}
	x.add(FindingFailed, n.BusyMs, "%s failed after %s ms%s", n.label(), ms(n.DurationMs), reason)
}

// dominant names the call that took half of the request or more.
func (x *explanation) dominant() {
	n := x.deepest(x.a.Root)
	switch {
	case n == nil:
	case n.Count > 1:
		x.add(FindingDominant, n.BusyMs, "%s%s of %s ms in %s%d calls of %s", x.atLeast, ms(n.BusyMs), ms(x.total), x.atLeast, n.Count, n.label())
	default:
		x.add(FindingDominant, n.BusyMs, "%s of %s ms in %s", ms(n.BusyMs), ms(x.total), n.label())
	}
}

// deepest is the longest dominant call at or below n that has no other below it: what is above only waited for it.
func (x *explanation) deepest(n *Node) *Node {
	var found *Node
	for _, c := range n.Children {
		if d := x.deepest(c); d != nil && (found == nil || d.BusyMs > found.BusyMs) {
			found = d
		}
	}
	if found == nil && x.dominates(n) {
		return n
	}
	return found
}

// dominates leaves calls that are many to the finding that says so.
func (x *explanation) dominates(n *Node) bool {
	return n != x.a.Root && n.Category != Own && n.Count < minRepeats && x.total > 0 && n.BusyMs >= dominantShare*x.total
}

// gap names the longest stretch in which the request had no child at all.
func (x *explanation) gap() {
	stretch, before, after := longestGap(x.a.Root)
	stretch -= x.lost
	if stretch < ownShare*x.total || stretch <= 0 {
		return
	}
	switch {
	case x.atLeast != "": // which children it lies between is not known
		x.add(FindingGap, stretch, "at least %s ms without any child: %s", ms(stretch), UnknownTime)
	case before == nil:
		x.add(FindingGap, stretch, "%s ms before the first child: %s", ms(stretch), UnknownTime)
	case after == nil:
		x.add(FindingGap, stretch, "%s ms after the last child, %s: %s", ms(stretch), before.label(), UnknownTime)
	default:
		x.add(FindingGap, stretch, "%s ms between %s and %s: %s", ms(stretch), before.label(), after.label(), UnknownTime)
	}
}

// longestGap is the longest stretch of the root without a direct child, with the children that ended before and
// began after it. A folded child has as many stretches as it had calls.
func longestGap(root *Node) (ms float64, before, after *Node) {
	type edge struct {
		interval
		node *Node
	}
	end := root.spans[0].end
	var edges []edge
	for _, c := range root.Children {
		for _, s := range c.spans {
			if v := (interval{s.start, s.end}).intersect(interval{0, end}); v.length() > 0 {
				edges = append(edges, edge{v, c})
			}
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.start, b.start) })
	at, longest := int64(0), int64(0)
	var last *Node
	for _, e := range append(edges, edge{interval: interval{end, end}}) {
		if e.start-at > longest {
			longest, before, after = e.start-at, last, e.node
		}
		if e.end > at {
			at, last = e.end, e.node
		}
	}
	return msOf(longest), before, after
}

// unusual compares the categories with what they usually take.
func (x *explanation) unusual(normal Normal) {
	if normal.Samples < enoughSamples {
		return
	}
	for _, c := range []Category{Own, DB, HTTP, RPC, Messaging, Cache} {
		now, usual := x.a.Breakdown[c], normal.Breakdown[c] // an own time that is not known is 0
		if more := now - usual; more >= unusualMs && more >= unusualShare*x.total && now >= unusualFactor*usual {
			x.add(FindingUnusual, more, "time in %s is %s%s ms, usually %s", c.words(), x.atLeast, ms(now), ms(usual))
		}
	}
}

func (c Category) words() string {
	if c == Own {
		return "own code"
	}
	return string(c)
}

// remarks are about what the tree does not show.
func (x *explanation) remarks() {
	if n := x.a.Late; n > 0 {
		x.add(FindingLate, 0, "%s ended after the request had", calls(n))
	}
	if n := x.a.Orphans; n > 0 {
		x.add(FindingIncomplete, 0, "%s of unknown parent, shown below the root", calls(n))
	}
}

// missing says what is not known for want of spans. Its weight is the time of the request that may be theirs.
func (x *explanation) missing(why string) {
	about, first := min(x.lost, x.total), len(x.out)
	if n := x.a.Unrecorded; n > 0 {
		if why != "" {
			why = " (" + why + ")"
		}
		x.add(x.missingKind(), about, "%s not recorded%s: what they took is not known", calls(n), why)
	}
	if n := x.a.Dropped; n > 0 {
		took := "it is not known how long they took"
		if x.a.DroppedMs > 0 {
			took = "they took " + ms(x.a.DroppedMs) + " ms together"
		}
		x.add(FindingIncomplete, about, "%s beyond the bounds: %s, and times in the tree may belong to them", calls(n), took)
	}
	x.vital = slices.Clone(x.out[first:])
}

func (x *explanation) missingKind() string {
	if x.a.Spans == 0 {
		return FindingNoChildren
	}
	return FindingIncomplete
}

func calls(n int) string {
	if n == 1 {
		return "1 child span"
	}
	return strconv.Itoa(n) + " child spans"
}

// ms writes milliseconds as people do: whole from 10 on, then with one or two decimals.
func ms(v float64) string {
	decimals := 0
	switch {
	case v == 0 || v >= 9.95:
	case v >= 0.995:
		decimals = 1
	default:
		decimals = 2
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// explained is a copy with what a recording shows, in the place of what says that time is not known.
func (a *Anatomy) explained(recorded []Finding) *Anatomy {
	all := slices.Clone(recorded)
	for _, f := range a.Findings {
		if f.Kind != FindingNoChildren && f.Kind != FindingRecorded {
			f.Text = strings.TrimSuffix(f.Text, ": "+UnknownTime)
			all = append(all, f)
		}
	}
	order.By(all, func(a, b *Finding) int { return cmp.Compare(b.Ms, a.Ms) })
	out := *a
	out.Findings = slices.Clip(all[:min(len(all), maxFindings)])
	return &out
}
