// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The READMEs list our span attributes, metrics, variables and paths: just those that the code has.
func TestReadmeListsAgreeWithTheCode(t *testing.T) {
	var variables []string
	for _, v := range Environment() {
		variables = append(variables, v[0])
	}
	onPoints := []string{"otelperf.kind", "otelperf.endpoint"} // attributes of metric points, which the text below the metrics names
	for _, tt := range []struct {
		file, section string
		want          []string
	}{
		{"../spikeprocessor/README.md", "## Attributes of exported spans", without(constants(t, "../spikeprocessor/conventions/keys.go", "Key"), onPoints)},
		{"README.md", "## Metrics", slices.Concat(constants(t, "instruments.go", "metric"),
			constants(t, "instruments_runtime.go", "metric"), constants(t, "instruments_objectives.go", "metric"))},
		{"../README.md", "## Settings", variables},
	} {
		if got := firstCells(sectionOf(t, tt.file, tt.section)); !sameNames(got, tt.want) {
			t.Errorf("%s, %s, lists %v\nthe code has %v", tt.file, tt.section, got, tt.want)
		}
	}
	metrics := sectionOf(t, "README.md", "## Metrics")
	for _, name := range append(onPoints, constants(t, "../spikeprocessor/producer.go", "Duration")...) {
		if !strings.Contains(metrics, "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
	}
}

// What the README says of each variable is what New says of it, and every option is named.
func TestReadmeSettings(t *testing.T) {
	section := sectionOf(t, "../README.md", "## Settings")
	plain := strings.ReplaceAll(section, "`", "")
	for _, v := range Environment() {
		if row := "| " + strings.Join(v[:], " | ") + " |\n"; !strings.Contains(plain, row) {
			t.Errorf("the README does not have the row %s", row)
		}
	}
	named := 0
	for _, name := range optionNames(t) {
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
		named++
	}
	if named < 20 {
		t.Errorf("%d options were found in the code: the test reads it wrongly", named)
	}
}

// The README of this package lists the paths of the contract.
func TestReadmePaths(t *testing.T) {
	raw, err := os.ReadFile("internal/companion/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &contract); err != nil {
		t.Fatal(err)
	}
	var want []string
	for path, methods := range contract.Paths {
		for method := range methods {
			if path != "/" {
				path = strings.TrimPrefix(path, "/")
			}
			want = append(want, strings.ToUpper(method)+" "+path)
		}
	}
	var got []string
	for line := range strings.Lines(sectionOf(t, "README.md", "## The companion endpoint")) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range pathCell.FindAllStringSubmatch(cells[1], -1) {
				got = append(got, m[1])
			}
		}
	}
	if !sameNames(got, want) {
		slices.Sort(got)
		slices.Sort(want)
		t.Errorf("the README lists %q\nthe contract has %q", got, want)
	}
}

var pathCell = regexp.MustCompile("`((?:GET|POST|PATCH|DELETE) [^`]+)`")

// The README shows the command that CI runs, and explains each of its steps.
func TestReadmeExplainsCI(t *testing.T) {
	raw, err := os.ReadFile("../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "step \"the README's test command\"\n")
	command, _, ok := strings.Cut(rest, "\n")
	section := sectionOf(t, "../README.md", "## Tests")
	if !ok || !strings.Contains(section, "\n"+command+"\n") {
		t.Errorf("the README does not show %q", command)
	}
	steps := ciStep.FindAllStringSubmatch(string(raw), -1)
	for _, s := range steps {
		if name := s[1] + s[2]; name != "done" && !strings.Contains(section, "\n| "+name+" | ") {
			t.Errorf("the README does not explain the step %q", name)
		}
	}
	if len(steps) < 5 {
		t.Errorf("%d steps were found: the test reads .ci/run wrongly", len(steps))
	}
}

var ciStep = regexp.MustCompile(`(?m)^step (?:"([^"]+)"|(\S+))$`)

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// sectionOf is the text below a heading, up to the next one of second rank.
func sectionOf(t *testing.T, file, heading string) string {
	t.Helper()
	_, section, ok := strings.Cut(read(t, file), heading+"\n")
	if !ok {
		t.Fatalf("%s has no section %q", file, heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

var firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

func firstCells(section string) (names []string) {
	for _, m := range firstCell.FindAllStringSubmatch(section, -1) {
		names = append(names, m[1])
	}
	return names
}

func without(names, left []string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return slices.Contains(left, n) })
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// optionNames are the functions of this package that return an option.
func optionNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() && strings.HasPrefix(fn.Name.Name, "With") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
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
