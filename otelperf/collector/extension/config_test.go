// SPDX-License-Identifier: Apache-2.0

package extension

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
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
