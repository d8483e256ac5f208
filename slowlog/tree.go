// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// item is a span with its place in the tree. Times are nanoseconds from the start of the root.
type item struct {
	span   *Span
	facts  facts
	parent *item
	kids   []*item // by start
	depth  int

	start, end int64    // as recorded
	within     interval // what of it lies within all of its ancestors
	self       int64    // of within, what no child covers

	orphan, late, critical bool
	visit                  int // for breaking cycles: 0 not seen, 1 on the way, 2 done
}

// tree is the spans of one request, the root first and every parent before its children.
type tree struct {
	items   []*item
	dropped int
	lost    int64 // nanoseconds: the sum of the durations of those that were dropped, or -1 if it is not known

	unrecorded int
}

// drop counts a span that is left out.
func (t *tree) drop(s *Span) {
	t.dropped++
	if t.lost >= 0 {
		t.lost = min(t.lost+max(0, since(s.End, s.Start)), farthest)
	}
}

// link makes a tree of spans in any order. Whatever the parent ids say, the result is a tree: spans with an id that
// was there already are dropped, those without a known parent hang below the root as orphans, and of a cycle one is
// made an orphan.
func link(root *Span, children []Span, opts BuildOptions) *tree {
	t := &tree{dropped: opts.Dropped, lost: min(int64(opts.DroppedTime), farthest), unrecorded: opts.Unrecorded}
	if opts.Dropped > 0 && opts.DroppedTime == 0 {
		t.lost = -1
	}
	items := make([]*item, 1, min(len(children), opts.MaxSpans)+1)
	read := &reader{queryText: opts.QueryText}
	items[0] = newItem(root, root, read)
	byID := make(map[trace.SpanID]*item, cap(items))
	byID[root.SpanID] = items[0]
	for s := range t.chosen(children, opts.MaxSpans) {
		id := s.SpanID
		if byID[id] != nil {
			t.drop(s)
			continue
		}
		it := newItem(s, root, read)
		items = append(items, it)
		byID[id] = it
	}
	attach(items, byID)
	t.order(items[0], len(items), opts.MaxDepth)
	return t
}

// chosen yields at most n spans, and drops the others. Those that are the parent of another come first: a parent ends after its children,
// so what arrives last would otherwise be lost first, and with it the place of all below it.
func (t *tree) chosen(children []Span, n int) iter.Seq[*Span] {
	return func(yield func(*Span) bool) {
		if len(children) <= n {
			for i := range children {
				if !yield(&children[i]) {
					return
				}
			}
			return
		}
		parents := make(map[trace.SpanID]bool, len(children))
		for i := range children {
			parents[children[i].Parent] = true
		}
		for _, wanted := range []bool{true, false} {
			for i := range children {
				if parents[children[i].SpanID] != wanted {
					continue
				}
				if n--; n < 0 {
					t.drop(&children[i])
				} else if !yield(&children[i]) {
					return
				}
			}
		}
	}
}

func newItem(s, root *Span, read *reader) *item {
	it := &item{span: s, start: since(s.Start, root.Start), facts: read.facts(s)}
	it.end = max(it.start, since(s.End, root.Start))
	return it
}

// attach sets every parent and fills the children lists.
func attach(items []*item, byID map[trace.SpanID]*item) {
	root := items[0]
	root.visit = 2
	for _, it := range items[1:] {
		it.parent = byID[it.span.Parent]
		if it.parent == nil || it.parent == it {
			it.parent, it.orphan = root, true
		}
	}
	for _, it := range items[1:] {
		breakCycle(it, root)
		it.parent.kids = append(it.parent.kids, it)
	}
}

// breakCycle follows the parents of it up to ground that is known to reach the root. Coming back to a span of the same
// walk means that it is its own ancestor; that one is hung below the root.
func breakCycle(it, root *item) {
	for at := it; at.visit == 0; at = at.parent {
		at.visit = 1
		if at.parent.visit == 1 {
			at.parent, at.orphan = root, true
		}
	}
	for at := it; at.visit == 1; at = at.parent {
		at.visit = 2
	}
}

// order lists what is reachable from the root within the depth, level by level.
func (t *tree) order(root *item, n, depth int) {
	t.items = append(make([]*item, 0, n), root)
	for i := 0; i < len(t.items); i++ {
		it := t.items[i]
		if it.depth >= depth { // their time is in that of it, which counts as what it is
			it.kids = nil
			continue
		}
		slices.SortFunc(it.kids, byStart)
		for _, k := range it.kids {
			k.depth = it.depth + 1
		}
		t.items = append(t.items, it.kids...)
	}
	t.dropped += n - len(t.items)
}

// byStart puts the earlier first, and the longer of those that start together: the likely parent.
func byStart(a, b *item) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), bytes.Compare(a.span.SpanID[:], b.span.SpanID[:]))
}

func (t *tree) root() *item { return t.items[0] }

// failed reports whether the span says of itself that it failed.
func (it *item) failed() bool {
	return it.span.Status == codes.Error || it.span.ErrType != ""
}
