// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"fmt"
	"strings"
	"testing"
)

// differentCalls are n calls that do not fold.
func differentCalls(n, salt int) []Span {
	out := make([]Span, n)
	for i := range out {
		out[i] = sqlCall(i+2, 1, float64(i), float64(i+1), fmt.Sprintf("SELECT %s FROM table_%d_%d WHERE id = 1", strings.Repeat("c", 200), i, salt))
	}
	return out
}

// The largest anatomy that the default bounds let through fits into the largest entry that the default store keeps whole.
func TestLargestAnatomyFits(t *testing.T) {
	long := strings.Repeat("x", 5000)
	children := differentCalls(1000, 0)
	for i := range children {
		s := &children[i]
		s.Name = fmt.Sprint(i, long)
		s.ErrType, s.ErrMessage = long, long
		system, statement := s.Call.DBSystem, s.Call.DBStatement
		s.Call = longCall(fmt.Sprint(i, long))
		s.Call.DBSystem, s.Call.DBStatement = system, statement
	}
	a := Build(root(601), children, BuildOptions{QueryText: true})
	if a.Spans != 256 || a.Dropped != 744 {
		t.Fatalf("%d spans, %d dropped", a.Spans, a.Dropped)
	}
	if got, limit := a.size(), DefaultLimits().Bytes/4; got > limit {
		t.Errorf("the largest anatomy has %d bytes, an entry may have %d", got, limit)
	} else {
		t.Logf("the largest anatomy has %d bytes", got)
	}
}
