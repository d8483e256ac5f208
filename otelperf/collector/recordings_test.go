// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

var recordings = flag.String("recordings", "", `a folder of recorded requests, *.csv.gz with the columns "timestamp,route,duration_ms,status": each file is sent as a service`)

// recorded are the requests of all files of a folder, by their end. Times to the millisecond, durations to the microsecond.
func recorded(t *testing.T, dir string) (all []simulate.Request) {
	files, err := filepath.Glob(filepath.Join(dir, "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(z).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		for _, row := range rows[1:] {
			end, err := time.Parse(time.RFC3339Nano, row[0])
			ms, err2 := strconv.ParseFloat(row[2], 64)
			status, err3 := strconv.ParseInt(row[3], 10, 64)
			if err := cmp.Or(err, err2, err3); err != nil {
				t.Fatal(err)
			}
			all = append(all, simulate.Request{
				Service: strings.TrimSuffix(filepath.Base(file), ".csv.gz"), Route: row[1], End: end.Truncate(time.Millisecond),
				Duration: time.Duration(ms * 1e6).Round(time.Microsecond), Status: status,
			})
		}
	}
	slices.SortStableFunc(all, func(a, b simulate.Request) int { return a.End.Compare(b.End) })
	return all
}

func TestFalseAlarms(t *testing.T) {
	want := []string{"a /x false 2000", "a /x true 1000", "b /x true 5000"}
	found := []string{"a /x true 1500", "a /x true 900", "a /x true 870", "a /x true 2100", "b /x true 4900", "b /y true 5000", "a /x false 3000"}
	if got := fmt.Sprint(falseAlarms(found, want)); got != "[a /x true 870 a /x true 2100 b /y true 5000]" {
		t.Error(got)
	}
}

// TestRecordings is TestSameAsReplay with recordings, and with one clock of twenty that is wrong: no alarm of it is told of what is not.
func TestRecordings(t *testing.T) {
	if *recordings == "" {
		t.Skip("-recordings is not set")
	}
	all := recorded(t, *recordings)
	want := replayed(t, all)
	fmt.Printf("%d requests; the command finds %d events\n", len(all), len(want))
	for _, tt := range []struct {
		about             string
		instances, shards int
	}{{"whole", 1, 1}, {"20 instances", 20, 1}, {"20 instances, 4 shards", 20, 4}} {
		found := overWire(t, simulate.Batches(1, all, tt.instances, 5*time.Second), tt.shards, right)
		same := 0
		for _, ev := range found {
			if slices.Contains(want, ev) {
				same++
			}
		}
		fmt.Printf("%s: %d of %d to the second, %d others\n", tt.about, same, len(want), len(found)-same)
		if !slices.Equal(found, want) {
			t.Errorf("%s: the connector finds\n%s\nthe command\n%s", tt.about, strings.Join(found, "\n"), strings.Join(want, "\n"))
		}
	}
	for _, by := range []time.Duration{time.Minute, -time.Minute} {
		found := overWire(t, simulate.Batches(1, all, 20, 5*time.Second), 1, func(instance int) time.Duration {
			if instance == 3 {
				return by
			}
			return 0
		})
		wrong := falseAlarms(found, want)
		fmt.Printf("one clock of 20 off by %v: %d events, %d false alarms\n", by, len(found), len(wrong))
		if len(wrong) > 0 {
			t.Errorf("a clock that is %v off: %q", by, wrong)
		}
	}
}

// falseAlarms are the starts of what is no incident: of the same endpoint none is open then, or begins within two minutes.
func falseAlarms(found, want []string) (out []string) {
	for _, ev := range found {
		service, route, at, started := parts(ev)
		if !started {
			continue
		}
		open, before := false, int64(0)
		for _, w := range want {
			s, r, wanted, begins := parts(w)
			switch {
			case s != service || r != route:
			case begins && wanted-at <= 120 && at-wanted <= 120:
				open, before = true, at
			case wanted <= at && wanted > before: // the last word
				open, before = begins, wanted
			}
		}
		if !open {
			out = append(out, ev)
		}
	}
	return out
}

func parts(ev string) (service, route string, at int64, started bool) {
	_, _ = fmt.Sscanf(ev, "%s %s %t %d", &service, &route, &started, &at)
	return service, route, at, started
}
