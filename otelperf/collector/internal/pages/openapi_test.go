// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestOpenAPI: the schemas have the members of the answers, and no others.
func TestOpenAPI(t *testing.T) {
	body, err := files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]any
			}
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]reflect.Type{
		"Services": reflect.TypeFor[list](), "Connector": reflect.TypeFor[connector](), "Service": reflect.TypeFor[row](), "Instances": reflect.TypeFor[outOfLine](), "Instance": reflect.TypeFor[deviator](),
	} {
		s := doc.Components.Schemas[name]
		members := membersOfType(of)
		for member, always := range members {
			if _, ok := s.Properties[member]; !ok {
				t.Errorf("%s has %s, which is not described", name, member)
			}
			ofService := name == "Instance" && slices.Contains([]string{"service", "connector", "path"}, member) // missing within a service
			if always && !ofService && !slices.Contains(s.Required, member) {
				t.Errorf("%s always has %s", name, member)
			}
		}
		for member := range s.Properties {
			if _, ok := members[member]; !ok {
				t.Errorf("%s is said to have %s", name, member)
			}
		}
	}
}

// membersOfType are the names in JSON, and whether they are always there.
func membersOfType(of reflect.Type) map[string]bool {
	all := map[string]bool{}
	for f := range of.Fields() {
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case name == "-":
		case f.Anonymous && tag == "":
			maps.Copy(all, membersOfType(f.Type))
		default:
			all[name] = options == ""
		}
	}
	return all
}
