// SPDX-License-Identifier: Apache-2.0

package slowlog

// Category tells what time was spent in.
type Category string

// The categories of a [Breakdown]. Everything that is not a call of one of the other kinds is Own: the code of this
// process.
const (
	Own       Category = "own"
	DB        Category = "db"
	HTTP      Category = "http"
	RPC       Category = "rpc"
	Messaging Category = "messaging"
	Cache     Category = "cache"
)

// Breakdown is milliseconds by category, see [BreakdownOf].
type Breakdown map[Category]float64

// Anatomy is where the time of one request went. It holds at most as many nodes as [BuildOptions.MaxSpans] plus the
// root. Once it is part of an [Entry] it must not be changed.
type Anatomy struct {
	Root      *Node   `json:"root"`       // the request itself; its children are what was done in it
	Spans     int     `json:"spans"`      // child spans in the tree, repeated ones counted each
	Folded    int     `json:"folded"`     // of these, how many share the node of an equal sibling
	Late      int     `json:"late"`       // of these, how many ended after the request had
	Orphans   int     `json:"orphans"`    // of these, how many hang below the root because their parent is not known
	Dropped   int     `json:"dropped"`    // child spans that a bound or an id that was there already left out
	DroppedMs float64 `json:"dropped_ms"` // sum of their durations as far as it is known: so much of the request may be theirs
	// Unrecorded is how many child spans of the request were started, and nobody heard of: the sampler's mode left them out.
	Unrecorded int       `json:"unrecorded"`
	Findings   []Finding `json:"findings"` // what stands out, the weightiest first; at most 8
	// Breakdown is the time by category. Where spans were left out it is at least so much, and there is no [Own] where nothing can be
	// said of it: spans were not recorded, or it is not known how long those took that were dropped.
	Breakdown Breakdown `json:"breakdown_ms"`
}

// Node is one span of the tree, or several equal siblings folded into one. Times are milliseconds.
type Node struct {
	Name     string   `json:"name"`             // at most 128 bytes; a statement in it has lost its literals
	Kind     string   `json:"kind"`             // internal, server, client, producer, consumer
	Category Category `json:"category"`         // what its time counts as
	Detail   string   `json:"detail,omitzero"`  // "SELECT users", "GET http://inventory/items/{id}", "pkg.Service/Method", "publish orders"
	System   string   `json:"system,omitzero"`  // "postgresql", "grpc", "kafka"
	Peer     string   `json:"peer,omitzero"`    // address of the other side, with its port if that was recorded
	SpanID   string   `json:"span_id,omitzero"` // hex; of the first when folded

	OffsetMs   float64 `json:"offset_ms"`   // from the start of the request; below 0 if a clock says so
	DurationMs float64 `json:"duration_ms"` // as recorded; of folded ones, from the first start to the last end
	SelfMs     float64 `json:"self_ms"`     // own time within the request, summed over folded ones
	BusyMs     float64 `json:"busy_ms"`     // time of the request in which at least one of them ran

	Count     int     `json:"count"`      // 1, or how many were folded
	TotalMs   float64 `json:"total_ms"`   // sum of their durations
	LongestMs float64 `json:"longest_ms"` // the longest of them

	Status   string    `json:"status,omitzero"` // ok, error; empty is unset
	Error    ErrorInfo `json:"error,omitzero"`  // of the first when folded; without a stack
	Critical bool      `json:"critical"`        // on the path that the request waited for
	Late     bool      `json:"late,omitempty"`  // ended after the request had

	// Attributes are the few that explain the call, under their present names: at most 16, values at most 256
	// bytes, the statement (db.query.text) at most 1 KiB.
	Attributes map[string]string `json:"attributes,omitempty"`
	Children   []*Node           `json:"children,omitempty"` // by start

	// Dependency is [Call.Dependency] of the first of its spans. It is not part of the JSON. At most 520 bytes.
	Dependency string `json:"-"`

	spans []instance // each span of the node, at least one when it was built here
}

// Build makes the anatomy of a request of its own span and of the child spans that were gathered, in any order. It
// accepts whatever they say: ids that repeat, parents that are missing or form a cycle, children that end after the
// root, or before they start. It works in O(n log n) for n spans and keeps nothing of its arguments but copies.
func Build(root Span, children []Span, opts BuildOptions) *Anatomy {
	opts = opts.withDefaults()
	t := link(&root, children, opts)
	t.measure()
	t.markCritical()
	a := &Anatomy{Spans: len(t.items) - 1, Dropped: t.dropped, DroppedMs: msOf(max(0, t.lost)), Unrecorded: opts.Unrecorded, Breakdown: t.breakdown()}
	for _, it := range t.items[1:] {
		a.Late += count(it.late)
		a.Orphans += count(it.orphan)
	}
	a.Root, a.Folded = fold([]*item{t.root()})
	a.Findings = explain(a, t.lost, &opts)
	return a
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// BreakdownOf is the time of a request by category, in milliseconds. The time of a category is that in which at
// least one of its calls ran, so it is never above the request's; calls of two categories that ran at the same time
// count in both. Own is the rest, in which no call ran. It is cheaper than [Build], for keeping what is usual. At
// most 256 children are looked at, the first ones given.
func BreakdownOf(root Span, children []Span) Breakdown {
	whole := interval{0, max(0, since(root.End, root.Start))}
	byCategory := make(map[Category][]interval, 4)
	var calls []interval
	for i := range children[:min(len(children), defaultSpans)] {
		s := &children[i]
		c := s.Call.category()
		if c == Own {
			continue
		}
		start := since(s.Start, root.Start)
		v := interval{start, max(start, since(s.End, root.Start))}.intersect(whole)
		byCategory[c] = append(byCategory[c], v)
		calls = append(calls, v)
	}
	out := Breakdown{Own: msOf(whole.length() - covered(calls))}
	for c, all := range byCategory {
		out[c] = msOf(covered(all))
	}
	return out
}

// walk calls visit for the node and everything below it, parents first.
func (n *Node) walk(visit func(*Node)) {
	if n == nil {
		return
	}
	visit(n)
	for _, c := range n.Children {
		c.walk(visit)
	}
}

// label is how texts call the node.
func (n *Node) label() string {
	if n.Detail != "" {
		return printable(n.Detail)
	}
	return printable(n.Name)
}

// size estimates the bytes that a holds on to.
func (a *Anatomy) size() int64 {
	if a == nil {
		return 0
	}
	n := anatomySize + a.Root.size() + pairsSize(len(a.Breakdown)) + int64(cap(a.Findings)-len(a.Findings))*findingSize
	for _, f := range a.Findings {
		n += findingSize + textSize(f.Kind, f.Text)
	}
	return n
}

func (n *Node) size() int64 {
	if n == nil {
		return 0
	}
	size := nodeSize + textSize(n.Name, n.Detail, n.System, n.Peer, n.SpanID, n.Dependency, n.Error.Type, n.Error.Message, n.Error.Stack) +
		mapSize(n.Attributes) + int64(cap(n.spans))*instanceSize + 8*int64(cap(n.Children))
	for _, c := range n.Children {
		size += c.size()
	}
	return size
}
