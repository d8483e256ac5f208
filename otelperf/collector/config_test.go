// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/metadata"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := createDefaultConfig().(*Config).Validate(); err != nil {
		t.Error(err)
	}
}

// TestValidate: all faults are reported at once, each with its field and its range.
func TestValidate(t *testing.T) {
	err := (&Config{MaxSpanMiB: -1, ServicesMove: true, State: StateConfig{Directory: "/state"}}).Validate()
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, field := range fields(reflect.TypeFor[Config](), "") {
		if field == "jobs" || field == "instance_attributes" || field == "extension" || field == "state::directory" || field == "state::storage" || field == "history::directory" {
			continue
		}
		found := false
		for _, line := range lines {
			found = found || strings.HasPrefix(line, field+" is ") && strings.Contains(line, ", accepted is ")
		}
		if !found {
			t.Errorf("field %d, %s, is not in %q", i, field, err)
		}
	}
}

func TestMetricAlarms(t *testing.T) {
	c := createDefaultConfig().(*Config)
	if got := c.settings().Alarms; got != gate.AtOnce {
		t.Errorf("by default %v", got)
	}
	c.MetricAlarms = "three_intervals"
	if got := c.settings().Alarms; got != gate.ThreeIntervals || c.Validate() != nil {
		t.Errorf("%v, %v", got, c.Validate())
	}
	c.MetricAlarms = "never"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `metric_alarms is "never", accepted is at_once, three_intervals`) {
		t.Error(err)
	}
}

// fields are the names of the fields in the configuration.
func fields(t reflect.Type, prefix string) (names []string) {
	for f := range t.Fields() {
		name := f.Tag.Get("mapstructure")
		switch {
		case name == "":
		case f.Type.Kind() == reflect.Struct:
			names = append(names, fields(f.Type, name+"::")...)
		default:
			names = append(names, prefix+name)
		}
	}
	return names
}

// TestREADME: the README lists each field, each metric, and each metric of the connector itself.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	wanted := fields(reflect.TypeFor[Config](), "")
	for _, in := range metadata.Instruments {
		wanted = append(wanted, in.Name)
	}
	wanted = append(wanted, metricP50, metricP95, metricP99, metricBaseline, metricState, metricSpikes, metricOpen, metricSlow, metricRequest, metricDependency, metricJob)
	for _, name := range wanted {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("the README does not list `%s`", name)
		}
	}
	described, err := os.ReadFile("metadata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range metadata.Instruments {
		if !strings.Contains(string(described), strings.TrimPrefix(in.Name, "otelcol_")+":") {
			t.Errorf("metadata.yaml does not list %s", in.Name)
		}
	}
}

// TestWhatIsGiven: what keeps nothing, names nothing or means something else is refused, with its field.
func TestWhatIsGiven(t *testing.T) {
	const noPlace = "state needs directory or storage"
	for name, c := range map[string]struct {
		given map[string]any
		want  string // "": accepted
	}{
		"nothing":             {map[string]any{}, ""},
		"a directory":         {map[string]any{"state": map[string]any{"directory": "/var/lib/otelperf"}}, ""},
		"a storage":           {map[string]any{"state": map[string]any{"storage": "file_storage"}}, ""},
		"state without place": {map[string]any{"state": map[string]any{"interval": "5s"}}, noPlace},
		"an empty directory":  {map[string]any{"state": map[string]any{"directory": ""}}, noPlace},
		"no directory":        {map[string]any{"state": map[string]any{"directory": nil}}, noPlace},
		"no storage":          {map[string]any{"state": map[string]any{"storage": nil}}, noPlace},
		"an empty state":      {map[string]any{"state": nil}, noPlace},
		"a history":           {map[string]any{"history": map[string]any{"directory": "/var/lib/otelperf", "keep": "720h"}}, ""},
		"history, no place":   {map[string]any{"history": map[string]any{"keep": "720h"}}, "history needs directory"},
		"an empty history":    {map[string]any{"history": nil}, "history needs directory"},
		"too short a history": {map[string]any{"history": map[string]any{"directory": "/var/lib/otelperf", "keep": "1m"}}, "history::keep is 1m0s, accepted is 1h0m0s to 87600h0m0s"},
		"no unit":             {map[string]any{"lateness": 7}, "lateness is 7ns, accepted is 1s to 5m0s: a number without a unit is of nanoseconds, write 7s"},
		"no attribute":        {map[string]any{"instance_attributes": []any{}}, ""},
		"an empty attribute":  {map[string]any{"instance_attributes": []any{"a", " "}}, "instance_attributes: that at index 1 is empty"},
		"an attribute twice":  {map[string]any{"instance_attributes": []any{"a", "b", "a"}}, `instance_attributes: "a" is there twice`},
	} {
		t.Run(name, func(t *testing.T) {
			got := createDefaultConfig().(*Config)
			if err := confmap.NewFromStringMap(c.given).Unmarshal(got); err != nil {
				t.Fatal(err)
			}
			if err := got.Validate(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got.MaxServices != 200 || got.State.MaxServiceMiB != 4 {
				t.Errorf("defaults are lost: %+v", got)
			}
		})
	}
}
