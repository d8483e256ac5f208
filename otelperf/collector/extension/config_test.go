// SPDX-License-Identifier: Apache-2.0

package extension

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
)

func TestTheDefaults(t *testing.T) {
	if err := createDefaultConfig().(*Config).Validate(); err != nil {
		t.Error(err)
	}
	if err := componenttest.CheckConfigStruct(createDefaultConfig()); err != nil {
		t.Error(err)
	}
}

// TestValidate: all faults are reported at once, each with its field and its range.
func TestValidate(t *testing.T) {
	err := (&Config{Token: "short", LocalChanges: true}).Validate()
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	lines := strings.Split(err.Error(), "\n")
	for f := range reflect.TypeFor[Config]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		if f.Name == "ServerConfig" {
			name = "endpoint"
		}
		found := name == ""
		for _, line := range lines {
			found = found || strings.HasPrefix(line, name+" ") && strings.Contains(line, ", accepted is ")
		}
		if !found {
			t.Errorf("%s is not in %q", name, err)
		}
	}
}

// TestREADME: the README lists each field.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for f := range reflect.TypeFor[Config]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("mapstructure"), ","); name != "" && !strings.Contains(string(text), "| `"+name+"` |") {
			t.Errorf("the README does not list `%s`", name)
		}
	}
}

// TestWhoIsRefused: of an endpoint that others can reach, and of which they are refused, it is said.
func TestWhoIsRefused(t *testing.T) {
	for endpoint, want := range map[string]bool{"localhost:1": false, "127.0.0.1:1": false, "[::1]:1": false, "0.0.0.0:1": true, ":1": true, "collector:1": true} {
		c := createDefaultConfig().(*Config)
		c.ServerConfig.NetAddr.Endpoint = endpoint
		if got := c.refusesOthers(); got != want {
			t.Errorf("%s: %v, want %v", endpoint, got, want)
		}
		if c.Token = "0123456789abcdef"; c.refusesOthers() {
			t.Errorf("%s refuses others in spite of a token", endpoint)
		}
	}
}

// TestTheToken: one that is given has to be one, and none need be.
func TestTheToken(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]any
		want  string // "": accepted
	}{
		"none":               {map[string]any{}, ""},
		"one":                {map[string]any{"token": "0123456789abcdef"}, ""},
		"a variable not set": {map[string]any{"token": nil}, "token is empty, accepted is 16 to 4096 bytes"},
		"empty":              {map[string]any{"token": ""}, "token is empty, accepted is 16 to 4096 bytes"},
		"blanks":             {map[string]any{"token": strings.Repeat(" ", 20)}, "token is blank, accepted is 16 to 4096 bytes"},
		"no unit":            {map[string]any{"idle_after": 60}, "idle_after is 60ns, accepted is 1s to 24h0m0s: a number without a unit is of nanoseconds, write 60s"},
	} {
		t.Run(name, func(t *testing.T) {
			got := createDefaultConfig().(*Config)
			if err := confmap.NewFromStringMap(c.given).Unmarshal(got); err != nil {
				t.Fatal(err)
			}
			if err := got.Validate(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got.MaxViews != defaultMaxViews || got.ServerConfig.NetAddr.Endpoint != defaultEndpoint {
				t.Errorf("defaults are lost: %+v", got)
			}
		})
	}
}
