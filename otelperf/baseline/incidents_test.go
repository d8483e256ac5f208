// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIncidents(t *testing.T) {
	const story = `
0    a started   opened 1 of 1 in 1
10   b started   joined 2 of 2 in 1 doubled
20   c started   joined 3 of 3 in 1
20   c started   unchanged
30   d started   joined 4 of 4 in 1 doubled
60   a ended     left 3 of 4 in 1
70   b ended     left 2 of 4 in 1
80   b ended     unchanged
90   c new_normal left 1 of 4 in 1
330  e started   joined 2 of 5 in 1
700  f started   opened 1 of 1 in 2
710  d ended     left 1 of 5 in 1
720  e ended     closed 0 of 5 in 1
730  f ended     closed 0 of 1 in 2
1029 a started   reopened 1 of 2 in 2 doubled
1040 a ended     closed 0 of 2 in 2
1340 a started   opened 1 of 1 in 3
`
	kinds := map[string]Kind{"started": Started, "ended": Ended, "new_normal": NewNormal}
	var g Incidents[string]
	for line := range strings.Lines(strings.TrimSpace(story)) {
		f := strings.Fields(line)
		seconds, err := time.ParseDuration(f[0] + "s")
		if err != nil {
			t.Fatal(err)
		}
		m := g.Join(f[1], Event{Kind: kinds[f[2]], At: time.Unix(0, 0).Add(seconds)})
		got := []string{m.Change.String()}
		if m.Change != Unchanged {
			got = strings.Fields(fmt.Sprintf("%s %d of %d in %d", m.Change, m.Spiking, m.Endpoints, m.ID))
		}
		if m.Doubled {
			got = append(got, "doubled")
		}
		if want := f[3:]; !slices.Equal(got, want) {
			t.Errorf("%s %s %s: got %v, want %v", f[0], f[1], f[2], got, want)
		}
	}
	g.Join("a", Event{Kind: Started, At: time.Unix(1341, 0)})
	g.Reset()
	if m := g.Join("a", Event{Kind: Ended, At: time.Unix(1342, 0)}); m != (Membership{}) {
		t.Errorf("an end after a reset: %+v, want nothing: all was forgotten", m)
	}
	if m := g.Join("a", Event{Kind: Started, At: time.Unix(1343, 0)}); m.Change != Opened || m.ID != 4 {
		t.Errorf("a start after a reset: %+v, want that it opens a new incident", m)
	}
	if m := g.Join("z", Event{}); m != (Membership{}) {
		t.Errorf("no event: %+v", m)
	}
}
