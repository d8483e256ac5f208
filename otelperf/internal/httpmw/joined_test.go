// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"fmt"
	"strings"
	"testing"
)

// A text is what it was made of, whatever place it has taken, and one that is known is not made anew.
func TestJoined(t *testing.T) {
	var j joined
	for range 2 {
		for i := range 2000 {
			if want := fmt.Sprintf("GET /r%d", i); j.text([]byte(want)) != want {
				t.Fatalf("%q is given as %q", want, j.text([]byte(want)))
			}
		}
		for _, n := range []int{0, maxJoined, maxJoined + 1} {
			if want := strings.Repeat("x", n); j.text([]byte(want)) != want {
				t.Errorf("%d bytes are given as %d", n, len(j.text([]byte(want))))
			}
		}
	}
	for n, stored := range map[int]bool{maxJoined: true, maxJoined + 1: false} {
		b := []byte(strings.Repeat("y", n))
		j.text(b)
		if got := testing.AllocsPerRun(100, func() { j.text(b) }) == 0; got != stored {
			t.Errorf("a text of %d bytes is kept: %t, want %t", n, got, stored)
		}
	}
}

// Two texts of one request have room, whatever their hashes are.
func TestJoinedPairs(t *testing.T) {
	var j joined
	for _, hashes := range [][2]uint64{{7, 7}, {6, 7}, {7, 519}, {512, 0}} {
		both := func() {
			j.of(hashes[0], []byte("GET /tenants/{tenant}/users"))
			j.of(hashes[1], []byte("/tenants/{tenant}/users"))
		}
		both()
		if n := testing.AllocsPerRun(100, both); n != 0 {
			t.Errorf("hashes %v: %v allocations for two texts that are known", hashes, n)
		}
	}
}
