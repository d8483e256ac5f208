// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The README lists our span attributes, metrics and variables: just those that the code has.
func TestReadmeListsAgreeWithTheCode(t *testing.T) {
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	var variables []string
	for _, v := range Environment() {
		variables = append(variables, v[0])
	}
	tests := []struct {
		section string
		want    []string
	}{
		{"## The spans that reach your backend", constants(t, "../spikeprocessor/conventions/keys.go", "Key")},
		{"## Metrics", constants(t, "instruments.go", "metric")},
		{"## Settings", variables},
	}
	for _, tt := range tests {
		_, section, ok := strings.Cut(readme, tt.section+"\n")
		if !ok {
			t.Errorf("the README has no section %q", tt.section)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		want := slices.DeleteFunc(tt.want, func(s string) bool { return s == "otelperf.kind" || s == "otelperf.endpoint" }) // in the text below
		if got := tableNames(section); !sameNames(got, want) {
			t.Errorf("%s lists %v\nthe code has %v", tt.section, got, want)
		}
	}
}

var firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

func tableNames(section string) (names []string) {
	for _, m := range firstCell.FindAllStringSubmatch(section, -1) {
		names = append(names, m[1])
	}
	return names
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// constants are the values of a file's string constants whose names begin or end with part.
func constants(t *testing.T, file, part string) (values []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, part) && !strings.HasSuffix(name.Name, part) || i >= len(spec.Values) {
				continue
			}
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				v, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, v)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants with %s", file, part)
	}
	return values
}
