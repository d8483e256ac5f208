// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// argument is one that a tool takes: a text, or with most above 0 a whole number.
type argument struct {
	name, description string
	required          bool
	accepted          []string // all that is; nil: any text of 1 to maxArgument bytes
	usual             any      // what holds where it is missing; nil: nothing
	least, most       int      // of a number
}

const maxArgument = 400 // bytes

// schemaOf is the JSON schema of arguments.
func schemaOf(arguments []argument) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
	for _, a := range arguments {
		p := &jsonschema.Schema{Type: "string", Description: a.description}
		switch {
		case a.most > 0:
			p.Type, p.Minimum, p.Maximum = "integer", new(float64(a.least)), new(float64(a.most))
		case a.accepted != nil:
			for _, v := range a.accepted {
				p.Enum = append(p.Enum, v)
			}
		default:
			p.MinLength, p.MaxLength = new(1), new(maxArgument)
		}
		if a.usual != nil {
			p.Default, _ = json.Marshal(a.usual) // a text or a number
		}
		s.Properties[a.name] = p
		s.PropertyOrder = append(s.PropertyOrder, a.name)
		if a.required {
			s.Required = append(s.Required, a.name)
		}
	}
	return s
}

// values are arguments that were read, with what holds where they are missing.
type values map[string]any

func (v values) text(name string) string { s, _ := v[name].(string); return s }
func (v values) limit() int              { n, _ := v["limit"].(int); return n }

// readArguments names all that is wrong with the arguments of a call, and what is accepted.
func readArguments(tool string, arguments []argument, raw json.RawMessage) (values, error) {
	given := map[string]json.RawMessage{}
	if len(raw) > 0 && string(raw) != "null" {
		if err := json.Unmarshal(raw, &given); err != nil {
			return nil, fmt.Errorf("the arguments of %s are no JSON object; accepted: %s", tool, namesOf(arguments))
		}
	}
	v := values{}
	var errs []error
	for _, a := range arguments {
		text, ok := given[a.name]
		delete(given, a.name)
		switch {
		case ok && string(text) != "null":
			x, err := a.read(text)
			errs = append(errs, err)
			v[a.name] = x
		case a.required:
			errs = append(errs, fmt.Errorf("%s is missing: %s", a.name, a.description))
		case a.usual != nil:
			v[a.name] = a.usual
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given))[:min(len(given), 5)] {
		errs = append(errs, fmt.Errorf("%s has no argument %q; accepted: %s", tool, plain.Clip(name, 40), namesOf(arguments)))
	}
	return v, errors.Join(errs...)
}

func namesOf(arguments []argument) string {
	var names []string
	for _, a := range arguments {
		names = append(names, a.name)
	}
	return strings.Join(names, ", ")
}

// read takes a number that is written as text, too.
func (a *argument) read(raw json.RawMessage) (any, error) {
	refused := func(accepted string) (any, error) {
		return nil, fmt.Errorf("%s is %s; accepted: %s", a.name, plain.Clip(string(raw), 60), accepted)
	}
	if a.most > 0 {
		var n int
		if json.Unmarshal([]byte(strings.Trim(string(raw), `"`)), &n) != nil || n < a.least || n > a.most {
			return refused(fmt.Sprintf("a whole number from %d to %d", a.least, a.most))
		}
		return n, nil
	}
	var s string
	switch err := json.Unmarshal(raw, &s); {
	case a.accepted != nil && (err != nil || !slices.Contains(a.accepted, s)):
		return refused(strings.Join(a.accepted, ", "))
	case err != nil || s == "" || len(s) > maxArgument:
		return refused(fmt.Sprintf("text of 1 to %d bytes", maxArgument))
	}
	return s, nil
}

// Arguments that several tools have.
var (
	windowArgument = argument{name: "window", description: "Span of time up to now that the numbers cover; all is since the start; 24h and 7d take a service with a history.",
		accepted: []string{"1m", "5m", "1h", "24h", "7d", "all"}, usual: "5m"}
	searchArgument = argument{name: "search", description: "Only rows whose name, such as GET /orders/{id}, has this text in it; case does not matter."}
)

func limitArgument(usual, most int) argument {
	return argument{name: "limit", description: "Rows at most.", usual: usual, least: 1, most: most}
}
