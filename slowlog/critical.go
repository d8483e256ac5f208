// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"cmp"
	"slices"
)

// markCritical marks the chain of spans that the request was waiting for: shortening any other would not have ended
// it sooner.
//
// It walks back from the end of the root. The child that ended last is what was waited for; before that child
// began, it was the one that ended last by then, and so on, in each of them likewise. Children that ran beside a
// marked one are not marked, nor those that outlived their parent: nobody waited for them.
func (t *tree) markCritical() {
	markBack(t.root(), t.root().within.end)
}

// markBack marks it, and what it waited for up to the time until. Its depth is that of the tree.
func markBack(it *item, until int64) {
	it.critical = true
	kids := slices.Clone(it.kids)
	slices.SortStableFunc(kids, func(a, b *item) int { return cmp.Compare(b.within.end, a.within.end) })
	for _, k := range kids {
		if k.within.length() > 0 && k.within.end <= until && !k.outlived() {
			markBack(k, k.within.end)
			until = k.within.start
		}
	}
}

// outlived reports whether the span went on after its parent had ended. One percent of its time is let pass:
// deferred calls that end both spans may run in the wrong order.
func (it *item) outlived() bool {
	return it.end-it.within.end > it.within.length()/100
}
