// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/json"
	"fmt"
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

// TestSameAsReplay sends recorded requests through a real collector, over a real wire and in simulated time: the incidents are those that
// the command finds, to the second.
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
		about     string
		instances int
		every     time.Duration
	}{{"whole", 1, 5 * time.Second}, {"20 instances", 20, 5 * time.Second}} {
		t.Run(tt.about, func(t *testing.T) {
			batches := simulate.Batches(1, all, tt.instances, tt.every)
			c := &clock{now: batches[0].At.Truncate(time.Second).Add(-10 * time.Second)}
			r := newRig(t, newShareBook(c.time, false), "{}")
			s := r.share()
			var found []string
			tick := func(now time.Time) {
				for _, n := range s.fleet.Tick(now) {
					if p := n.Event.Part; p != nil && p.Matter == engine.Latency {
						found = append(found, fmt.Sprintf("%s %s %v %d", n.Service.Name(), p.Endpoint.Route, n.Event.Started, n.Event.Time.Unix()))
					}
				}
			}
			i := 0
			end := batches[len(batches)-1].At.Add(time.Minute)
			for now := c.time(); now.Before(end); now = now.Add(time.Second) {
				for ; i < len(batches) && !batches[i].At.After(now); i++ {
					c.set(batches[i].At)
					r.send(batches[i].Traces(0))
				}
				c.set(now)
				tick(now)
			}
			slices.Sort(found)
			if !slices.Equal(found, want) {
				t.Errorf("the connector finds\n%s\nthe command\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
			}
			if n := r.own("otelcol_connector_otelperf_requests"); n != int64(len(all)) {
				t.Errorf("%d requests were counted, want %d: a batch counts once", n, len(all))
			}
			if late := r.own("otelcol_connector_otelperf_requests_late"); late != 0 {
				t.Errorf("%d were late", late)
			}
		})
	}
}
