// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

func TestFlagDefaults(t *testing.T) {
	c, err := DefaultFlags().Config([]string{"a", "b"})
	d, err2 := baseline.New(baseline.Config{})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	want := d.Config()
	want.Tick = 0
	if c.Baseline != want || len(c.Files) != 2 {
		t.Errorf("got %+v, want those of package baseline: %+v", c, want)
	}
}

func TestFlags(t *testing.T) {
	good := DefaultFlags()
	good.Ratio, good.Weight, good.Cooldown, good.Floor, good.Grace = "3", "0.5", "1m", "20ms", "5s"
	c, err := good.Config(nil)
	want := baseline.Config{Ratio: 3, Weight: 0.5, Cooldown: time.Minute, Floor: 20 * time.Millisecond, Grace: 5 * time.Second}
	if err != nil || c.Baseline != want {
		t.Errorf("got %+v, %v, want %+v", c.Baseline, err, want)
	}
	for _, bad := range []string{"0", "-1", "", "x", "NaN", "1e9h", "9999h"} {
		f := Flags{Format: "csv", Ratio: bad, Weight: bad, Cooldown: bad, Floor: bad, Grace: bad}
		_, err := f.Config(nil)
		if err == nil {
			t.Errorf("%q is taken", bad)
			continue
		}
		for _, flag := range []string{"ratio", "weight", "cooldown", "floor", "grace"} {
			if !strings.Contains(err.Error(), "--"+flag+" is ") {
				t.Errorf("%q: %v, --%s is missing", bad, err, flag)
			}
		}
	}
}
