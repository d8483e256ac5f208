// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"fmt"
	"strings"
	"testing"
)

// A label is that of its pattern, whatever place it has taken, and is made once where patterns keep their address.
func TestRouteLabels(t *testing.T) {
	var l routeLabels
	patterns := make([]string, 2000)
	for i := range patterns {
		patterns[i] = fmt.Sprintf("GET example.com/r%d/{id}", i)
	}
	for range 3 {
		for i, p := range patterns {
			for _, text := range []string{p, strings.Clone(p)} {
				if got, want := l.of(text)[0].Value.AsString(), fmt.Sprintf("/r%d/{id}", i); got != want {
					t.Fatalf("%q has route %q, want %q", text, got, want)
				}
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.of(patterns[7]) }); n != 0 {
		t.Errorf("%v allocations for a pattern that is known", n)
	}
}
