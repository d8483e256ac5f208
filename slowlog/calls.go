// SPDX-License-Identifier: Apache-2.0

package slowlog

// CallTime is what one request did with one dependency.
type CallTime struct {
	Category Category // of its calls
	Count    int      // of them
	TotalMs  float64  // sum of their durations
	BusyMs   float64  // time of the request in which at least one of them ran
}

// CallsOf are the calls of a request by [Call.Dependency]; calls without one are left out. At most 256 children are looked at, the
// first ones given.
func CallsOf(root Span, children []Span) map[string]CallTime {
	whole := interval{0, max(0, since(root.End, root.Start))}
	busy := map[string][]interval{}
	out := map[string]CallTime{}
	for i := range children[:min(len(children), defaultSpans)] {
		s := &children[i]
		name := s.Call.Dependency
		if name == "" {
			continue
		}
		start := since(s.Start, root.Start)
		v := interval{start, max(start, since(s.End, root.Start))}
		busy[name] = append(busy[name], v.intersect(whole))
		c := out[name]
		out[name] = CallTime{Category: s.Call.category(), Count: c.Count + 1, TotalMs: c.TotalMs + msOf(v.length())}
	}
	for name, all := range busy {
		c := out[name]
		c.BusyMs = msOf(covered(all))
		out[name] = c
	}
	return out
}

// Calls are those of the anatomy by [Node.Dependency]. Where calls of one dependency that are not equal ran at the same time, that
// counts for each of them.
func (a *Anatomy) Calls() map[string]CallTime {
	out := map[string]CallTime{}
	a.Root.walk(func(n *Node) {
		if n == a.Root || n.Dependency == "" {
			return
		}
		c := out[n.Dependency]
		out[n.Dependency] = CallTime{Category: n.Category, Count: c.Count + n.Count, TotalMs: c.TotalMs + n.TotalMs, BusyMs: c.BusyMs + n.BusyMs}
	})
	return out
}
