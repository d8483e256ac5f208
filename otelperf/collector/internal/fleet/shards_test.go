// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// judge runs batches through as many fleets, each service to the same one, and returns what they find of latency.
func judge(t *testing.T, batches []simulate.Batch, shards int, ahead func(instance int) time.Duration) (found []string) {
	var fleets []*Fleet
	for range shards {
		f, err := New(Settings{})
		if err != nil {
			t.Fatal(err)
		}
		fleets = append(fleets, f)
	}
	i := 0
	end := batches[len(batches)-1].At.Add(time.Minute)
	for now := batches[0].At.Truncate(time.Second).Add(-10 * time.Second); now.Before(end); now = now.Add(time.Second) {
		for ; i < len(batches) && !batches[i].At.After(now); i++ {
			h := fnv.New32a()
			_, _ = h.Write([]byte(batches[i].Service))
			fleets[h.Sum32()%uint32(shards)].Traces(batches[i].At, batches[i].Traces(ahead(batches[i].Instance)))
		}
		for _, f := range fleets {
			for _, n := range f.Tick(now) {
				if p := n.Event.Part; p != nil && p.Matter == engine.Latency {
					found = append(found, fmt.Sprintf("%s %s %v %d", n.Service.Name(), p.Endpoint, n.Event.Started, n.Event.Time.Unix()))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func right(int) time.Duration { return 0 }

// TestShardsSayTheSame: one fleet and four, with one instance and with 20 in batches of 5 s, find the same to the second.
func TestShardsSayTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("two hours of three services")
	}
	all := simulate.Shop(noon)
	want := judge(t, simulate.Batches(1, all, 1, time.Second), 1, right)
	if len(want) < 10 {
		t.Fatalf("only %d events: %q", len(want), want)
	}
	twenty := simulate.Batches(2, all, 20, 5*time.Second)
	for _, shards := range []int{1, 4} {
		if got := judge(t, twenty, shards, right); !slices.Equal(got, want) {
			t.Errorf("20 instances, %d shards:\n%q\nwant\n%q", shards, got, want)
		}
	}
}

// TestOneWrongClock: one clock of 20 that is wrong by a minute raises no alarm where there is no fault.
func TestOneWrongClock(t *testing.T) {
	if testing.Short() {
		t.Skip("an hour of a service, twice")
	}
	all := simulate.Requests(5, "shop", noon, time.Hour, simulate.Endpoint{Route: "/a", Rate: 8, Median: 40 * time.Millisecond}, simulate.Endpoint{Route: "/b", Rate: 1, Median: 200 * time.Millisecond})
	batches := simulate.Batches(6, all, 20, 5*time.Second)
	for _, by := range []time.Duration{time.Minute, -time.Minute} {
		got := judge(t, batches, 1, func(instance int) time.Duration {
			if instance == 3 {
				return by
			}
			return 0
		})
		if len(got) != 0 {
			t.Errorf("a clock that is %v off: %q", by, got)
		}
	}
}
