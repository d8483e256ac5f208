// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

const (
	manyTimes  = 2.0  // as many calls as usual, and
	manyMore   = 2.0  // this many more of them, are what is different
	slower     = 1.5  // as long as usual makes a difference beside more calls
	seldom     = 0.05 // calls of an ordinary request: it does not make them
	notOneCall = 0.5  // of a category's extra time: above that its calls say it
)

// calls finds the dependencies that slow requests wait for longer than ordinary ones.
func (f *finder) calls() {
	of := map[slowlog.Category]float64{}
	for i := range f.Spent.Calls {
		c := &f.Spent.Calls[i]
		more := c.Busy.More()
		if !(more > 0) {
			continue
		}
		of[c.Category] += more
		if share := f.share(more); share >= causes.Least {
			f.add(causes.FromCalls, familyOfCategory[c.Category], c.Dependency, "in "+Clean(c.Dependency, maxName)+": "+callText(c), share)
		}
	}
	for _, category := range []slowlog.Category{slowlog.DB, slowlog.HTTP, slowlog.RPC, slowlog.Messaging, slowlog.Cache} {
		ms := f.Spent.Categories[category]
		if share := f.share(ms.More()); share >= causes.Least && of[category] < notOneCall*ms.More() {
			text := fmt.Sprintf("in calls (%s), none of which is known to have most of it: %s -> %s ms a request", category, number(ms.Usual), number(ms.Slow))
			f.add(causes.FromCalls, familyOfCategory[category], string(category), text, share)
		}
	}
}

// callText says what is different about the calls of a dependency.
func callText(c *spikeprocessor.CallSpent) string {
	n, each := c.Count, c.Each
	switch more := n.Slow >= manyTimes*n.Usual && n.More() >= manyMore; {
	case n.Usual < seldom && n.Slow < manyMore:
		return fmt.Sprintf("%s ms, usually not called", number(c.Busy.Slow))
	case n.Usual < seldom:
		return fmt.Sprintf("%s calls a request in %s ms, usually none", number(n.Slow), number(c.Busy.Slow))
	case more && each.Slow >= slower*each.Usual:
		return fmt.Sprintf("%s -> %s calls a request, %s -> %s ms each", number(n.Usual), number(n.Slow), number(each.Usual), number(each.Slow))
	case more:
		return fmt.Sprintf("%s -> %s calls a request in %s ms", number(n.Usual), number(n.Slow), number(c.Busy.Slow))
	case each.Slow < slower*each.Usual && n.Slow > slower*n.Usual:
		return fmt.Sprintf("%s -> %s calls a request, %s -> %s ms", number(n.Usual), number(n.Slow), number(c.Busy.Usual), number(c.Busy.Slow))
	}
	return fmt.Sprintf("%s -> %s ms", number(each.Usual), number(each.Slow))
}
