// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What a recording shows of a request takes the place of what was not known, and stays when late calls change the anatomy.
func TestExplain(t *testing.T) {
	s := newStore(t)
	add := func(n int, findings ...Finding) {
		e := request(n, "/cart", 400*time.Millisecond, ReasonThreshold)
		e.Anatomy = &Anatomy{Root: &Node{Name: "GET /cart", DurationMs: 400}, Findings: findings}
		s.Add(e)
	}
	texts := func(n int) (all []string) {
		for e := range s.Lookup(traceID(n)) {
			for _, f := range e.Anatomy.Findings {
				all = append(all, f.Kind+": "+f.Text)
			}
		}
		return all
	}
	want := func(when string, n int, want ...string) {
		t.Helper()
		if got := texts(n); !slices.Equal(got, want) {
			t.Errorf("%s: findings %q, want %q", when, got, want)
		}
		checkInvariant(t, s)
	}
	unknown := Finding{Kind: FindingNoChildren, Text: "no child spans: 400 ms of " + UnknownTime, Ms: 400}
	gap := Finding{Kind: FindingGap, Text: "350 ms before the first child: " + UnknownTime, Ms: 350}
	failed := Finding{Kind: FindingFailed, Text: "GET stock failed after 390 ms", Ms: 390}
	waited := Finding{Text: "380 of 400 ms waiting for the lock at cart.go:88", Ms: 380}
	add(1, unknown)
	add(2, failed, gap)
	var before *Entry
	for e := range s.Lookup(traceID(1)) {
		before = e
	}
	if !s.Explain(spanID(1), []Finding{waited}) || !s.Explain(spanID(2), []Finding{waited}) {
		t.Fatal("a kept request was not explained")
	}
	want("no child spans", 1, "recorded: 380 of 400 ms waiting for the lock at cart.go:88")
	want("child spans", 2, "failed: GET stock failed after 390 ms", "recorded: 380 of 400 ms waiting for the lock at cart.go:88", "gap: 350 ms before the first child")
	if len(before.Anatomy.Findings) != 1 || before.Anatomy.Findings[0] != unknown {
		t.Errorf("an entry that was given out has changed: %+v", before.Anatomy.Findings)
	}
	s.ReplaceAnatomy(traceID(2), spanID(2), &Anatomy{Root: &Node{Name: "GET /cart"}, Findings: []Finding{gap}})
	want("a late call", 2, "recorded: 380 of 400 ms waiting for the lock at cart.go:88", "gap: 350 ms before the first child")

	hostile := Finding{Kind: "new", Text: "\x1b[31m" + strings.Repeat("\u202e漢", 1000), Ms: 1}
	s.Explain(spanID(1), slices.Repeat([]Finding{hostile}, 100))
	got := texts(1)
	if len(got) != 3 || len(got[0]) > len("recorded: ")+maxMessage || strings.ContainsAny(got[0], "\x1b\u202e") {
		t.Errorf("%d findings of hostile text: %.100q", len(got), got)
	}
	checkInvariant(t, s)
	add(3)
	s.Add(request(4, "/cart", time.Second, ReasonThreshold))
	if s.Explain(spanID(9), []Finding{waited}) || s.Explain(spanID(3), nil) {
		t.Error("there was something to explain, want no such request and no finding")
	}
	s.Explain(spanID(4), []Finding{waited})
	s.ReplaceAnatomy(traceID(4), spanID(4), &Anatomy{Root: &Node{Name: "GET /cart"}, Findings: []Finding{unknown}})
	want("an anatomy that comes later", 4, "recorded: 380 of 400 ms waiting for the lock at cart.go:88")
}
