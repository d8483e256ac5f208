// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// replayed is what "otelperf replay" finds in the requests of each service.
func replayed(t *testing.T, all []simulate.Request) (found []string) {
	dir := t.TempDir()
	cli := filepath.Join(dir, "otelperf")
	if out, err := exec.Command("go", "-C", "../../cmd/otelperf", "build", "-o", cli, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	by := map[string][]simulate.Request{}
	for _, q := range all {
		by[q.Service] = append(by[q.Service], q)
	}
	for service, requests := range by {
		file := filepath.Join(dir, service+".csv")
		if err := os.WriteFile(file, []byte(simulate.CSV(requests)), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(cli, "replay", "--json", file).Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			var e struct {
				Type, Route string
				Time        time.Time
			}
			if json.Unmarshal([]byte(line), &e) == nil && e.Type != "" {
				found = append(found, fmt.Sprintf("%s %s %v %d", service, e.Route, e.Type == "spike_started", e.Time.Unix()))
			}
		}
	}
	slices.Sort(found)
	return found
}

// overWire sends batches through as many real collectors, each service to the same one, over a real wire and in simulated time, and returns
// what they find of latency.
func overWire(t *testing.T, batches []simulate.Batch, shards int, ahead func(instance int) time.Duration) (found []string) {
	c := &clock{now: batches[0].At.Truncate(time.Second).Add(-10 * time.Second)}
	var rigs []*rig
	for range shards {
		rigs = append(rigs, newRig(t, newShareBook(c.time, false), "{}"))
	}
	sent := make([]int64, shards)
	i := 0
	end := batches[len(batches)-1].At.Add(time.Minute)
	for now := c.time(); now.Before(end); now = now.Add(time.Second) {
		for ; i < len(batches) && !batches[i].At.After(now); i++ {
			b := &batches[i]
			h := fnv.New32a()
			_, _ = h.Write([]byte(b.Service))
			n := h.Sum32() % uint32(shards)
			c.set(b.At)
			rigs[n].send(b.Traces(ahead(b.Instance)))
			sent[n] += int64(len(b.Requests))
		}
		c.set(now)
		for _, r := range rigs {
			for _, n := range r.share().fleet.Tick(now) {
				if p := n.Event.Part; p != nil && p.Matter == engine.Latency {
					found = append(found, fmt.Sprintf("%s %s %v %d", n.Service.Name(), p.Endpoint.Route, n.Event.Started, n.Event.Time.Unix()))
				}
			}
		}
	}
	for n, r := range rigs {
		if got := r.own("otelcol_connector_otelperf_requests"); got != sent[n] {
			t.Errorf("%d requests were counted, want %d: a batch counts once", got, sent[n])
		}
		r.stop()
	}
	slices.Sort(found)
	return found
}

func right(int) time.Duration { return 0 }

// TestSameAsReplay: the incidents of requests that were recorded are those that the command finds, to the second.
func TestSameAsReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the command, and sends two hours of three services")
	}
	all := simulate.Shop(time.Unix(1_800_000_000, 0))
	want := replayed(t, all)
	if len(want) < 10 {
		t.Fatalf("the command finds only %q", want)
	}
	for _, tt := range []struct {
		about             string
		instances, shards int
	}{{"whole", 1, 1}, {"20 instances, 2 shards", 20, 2}} {
		t.Run(tt.about, func(t *testing.T) {
			found := overWire(t, simulate.Batches(1, all, tt.instances, 5*time.Second), tt.shards, right)
			if !slices.Equal(found, want) {
				t.Errorf("the connector finds\n%s\nthe command\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}
