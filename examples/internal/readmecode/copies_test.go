// SPDX-License-Identifier: Apache-2.0

package readmecode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copies are the folders with programs to copy, and what has to be copied with them.
var copies = map[string][]string{
	"existing-pipeline": nil, "database": nil, "frameworks": nil, "prometheus": nil, "json-summary": nil, "expvar": nil, "causes": nil,
	"collector": shared, "fleet": shared,
}

var shared = []string{"internal/collector", "internal/freeport"}

const (
	ours   = "github.com/otelperf/otelperf-go/examples/" // to be changed in imports
	recipe = "go mod init shop && go mod tidy"
)

// An example that is copied out without its tests compiles in a module of its own, with the one change that its README names, and the
// README says how long that takes for the first time.
func TestExamplesCanBeCopied(t *testing.T) {
	const examples = "../.."
	dir := t.TempDir()
	if err := writeModule(must(filepath.Abs(examples))(t), dir); err != nil {
		t.Fatal(err)
	}
	for example, with := range copies {
		text := string(must(os.ReadFile(filepath.Join(examples, example, "README.md")))(t))
		said := append([]string{"Its first build takes", recipe}, with...)
		if with != nil {
			said = append(said, ours)
		}
		for _, want := range said {
			if !strings.Contains(text, want) {
				t.Errorf("the README of %s does not say %q", example, want)
			}
		}
		copyTree(t, filepath.Join(examples, example), filepath.Join(dir, example))
		for _, folder := range with {
			copyTree(t, filepath.Join(examples, folder), filepath.Join(dir, folder))
		}
	}
	if _, err := run(dir, "vet", "./..."); err != nil {
		t.Error(err)
	}
}

// copyTree copies a folder but for its tests. What it shares with other examples is in the
// same module then.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		return os.WriteFile(target, []byte(strings.ReplaceAll(string(text), ours, "readme/")), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
