// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/otelperf/otelperf-go"

// mayImport says which of our packages each package may import; a package that is not listed may import nothing of ours. An entry that
// ends in /... stands for all below it that have no entry of their own.
var mayImport = map[string][]string{
	"slowlog/order":              nil,
	"slowlog/fault":              nil,
	"slowlog":                    {"slowlog/order", "slowlog/fault"},
	"spikeprocessor/latency":     nil,
	"spikeprocessor/conventions": {"slowlog"},
	"spikeprocessor":             {"slowlog/order", "slowlog/fault", "slowlog", "spikeprocessor/conventions", "spikeprocessor/latency"},
	"otelperf/baseline":          nil,
	"otelperf/causes":            nil,
	"otelperf/events":            {"slowlog/fault", "otelperf/internal/problem"},
	"otelperf/evidence": {
		"slowlog/fault", "spikeprocessor/conventions", "otelperf/causes", "otelperf/internal/site", "otelperf/internal/worker", "otelperf/evidence/internal/...",
	},
	"otelperf/internal/site":                 {"otelperf/causes"},
	"otelperf/evidence/internal/generations": nil,
	"otelperf/evidence/internal/pace":        nil,
	"otelperf/evidence/internal/history":     {"otelperf/causes", "otelperf/internal/site", "otelperf/evidence/internal/generations"},
	"otelperf/evidence/internal/follow":      {"otelperf/causes", "otelperf/internal/site", "otelperf/evidence/internal/history"},
	"otelperf/evidence/internal/rank":        {"otelperf/causes", "otelperf/evidence/internal/history", "otelperf/evidence/internal/follow"},
	"otelperf/engine": {
		"slowlog/order", "slowlog", "spikeprocessor", "spikeprocessor/conventions", "spikeprocessor/latency", "otelperf/baseline",
		"otelperf/causes", "otelperf/internal/failures", "otelperf/internal/objective", "otelperf/internal/quiet", "otelperf/internal/timeline",
		"otelperf/internal/units",
	},
	"otelperf/internal/why": {
		"slowlog/order", "slowlog", "spikeprocessor", "otelperf/causes", "otelperf/internal/runtimesignals", "otelperf/internal/stacks",
		"otelperf/internal/units",
	},
	"otelperf/internal/steady":                nil,
	"otelperf/internal/statecodec":            nil,
	"otelperf/internal/failures":              {"slowlog", "otelperf/internal/steady", "otelperf/internal/statecodec"},
	"otelperf/internal/quiet":                 {"otelperf/internal/steady", "otelperf/internal/statecodec"},
	"otelperf/internal/objective":             {"otelperf/internal/steady", "otelperf/internal/statecodec"},
	"otelperf/internal/failures/internal/lab": {"otelperf/internal/failures", "otelperf/internal/quiet"},
	"otelperf/internal/units":                 nil,
	"otelperf/internal/worker":                nil,
	"otelperf/internal/problem":               nil,
	"otelperf/internal/access":                {"otelperf/internal/problem"},
	"otelperf/internal/web":                   {"slowlog/fault", "otelperf/internal/problem", "otelperf/internal/worker"},
	"otelperf/internal/mutes":                 {"spikeprocessor"},
	"otelperf/internal/companion": {
		"otelperf/events", "otelperf/internal/access", "otelperf/internal/marks", "otelperf/internal/mutes", "slowlog/fault", "otelperf/internal/problem", "otelperf/internal/web",
	},
	"otelperf/internal/httpmw": {"slowlog/fault", "slowlog", "spikeprocessor/conventions"},
	"otelperf/internal/stacks": {
		"slowlog/order", "slowlog/fault", "spikeprocessor/conventions", "otelperf/causes", "otelperf/internal/site", "otelperf/internal/worker",
	},
	"otelperf/internal/runtimesignals": {"slowlog/order", "slowlog/fault", "otelperf/internal/units", "otelperf/internal/worker"},
	"otelperf/internal/timeline":       {"slowlog", "spikeprocessor/latency"},
	"otelperf/internal/marks":          {"slowlog/order"},
	"otelperf/internal/feed": {
		"slowlog", "spikeprocessor", "spikeprocessor/conventions", "otelperf/engine", "otelperf/internal/access", "otelperf/internal/marks", "otelperf/internal/mutes",
	},
	"otelperf/internal/involved": {
		"slowlog/order", "slowlog", "spikeprocessor/conventions", "otelperf/engine", "otelperf/internal/units",
	},
	"otelperf/internal/announce":     {"spikeprocessor/conventions", "otelperf/engine", "otelperf/internal/mutes"},
	"otelperf/internal/compare":      {"spikeprocessor/latency"},
	"otelperf/internal/grid":         {"spikeprocessor/latency"},
	"otelperf/internal/statefile":    {"spikeprocessor/conventions", "otelperf/engine", "otelperf/internal/marks", "otelperf/internal/mutes"},
	"otelperf/internal/buckets":      {"spikeprocessor/latency", "otelperf/internal/units"},
	"otelperf/internal/metricsource": {"slowlog", "spikeprocessor", "spikeprocessor/conventions", "spikeprocessor/latency", "slowlog/fault", "otelperf/internal/buckets"},
	"otelperf": {
		"slowlog/order", "slowlog/fault", "slowlog", "spikeprocessor", "spikeprocessor/conventions", "spikeprocessor/latency", "otelperf/baseline", "otelperf/causes", "otelperf/engine", "otelperf/events",
		"otelperf/fleet", "otelperf/history", "otelperf/internal/...",
	},
	"otelperf/fleet":              nil,
	"otelperf/fleet/redis":        {"otelperf/fleet"},
	"otelperf/internal/outofline": {"slowlog/order", "spikeprocessor/latency"},
	"otelperf/internal/peers": {
		"slowlog/order", "slowlog", "slowlog/fault", "spikeprocessor/conventions", "spikeprocessor/latency", "otelperf/baseline", "otelperf/engine", "otelperf/fleet",
		"otelperf/internal/outofline", "otelperf/internal/statecodec", "otelperf/internal/units", "otelperf/internal/worker",
	},
	"otelperf/internal/past":      {"slowlog/order", "slowlog", "slowlog/fault", "spikeprocessor/conventions", "otelperf/history"},
	"otelperf/internal/historian": {"slowlog/fault", "otelperf/history", "otelperf/internal/worker"},
	"otelperf/notify":             {"slowlog/fault", "otelperf"},
	"otelperf/history": {
		"slowlog/order", "slowlog", "spikeprocessor/conventions", "spikeprocessor/latency",
	},
	"otelperf/history/internal/compact": {"slowlog", "spikeprocessor/conventions", "spikeprocessor/latency"},
	"otelperf/history/internal/layers":  {"slowlog/order", "slowlog", "spikeprocessor/conventions", "spikeprocessor/latency", "otelperf/history", "otelperf/history/internal/compact"},
	"otelperf/history/bolt":             {"slowlog", "slowlog/fault", "otelperf/history", "otelperf/history/internal/layers"},
	"otelperf/history/sqlstore":         {"slowlog", "spikeprocessor/conventions", "otelperf/history", "otelperf/history/internal/layers"},
	"otelperf/collector/internal/lab": {
		"otelperf/baseline", "otelperf/engine", "otelperf/internal/lab", "otelperf/internal/lab/trial", "otelperf/collector/internal/fleet",
	},
	"otelperf/collector/...": {
		"slowlog", "spikeprocessor", "spikeprocessor/conventions", "spikeprocessor/latency", "otelperf", "otelperf/baseline", "otelperf/causes",
		"otelperf/engine", "otelperf/internal/units", "otelperf/internal/why", "otelperf/internal/buckets", "otelperf/internal/failures",
		"otelperf/internal/outofline", "otelperf/internal/access", "otelperf/internal/announce", "otelperf/internal/feed", "otelperf/internal/involved", "otelperf/internal/marks",
		"otelperf/internal/mutes", "otelperf/internal/problem", "otelperf/internal/statefile", "otelperf/internal/web", "otelperf/history", "otelperf/history/bolt", "otelperf/collector/...",
	},
	"cmd/otelperf/...": {
		"slowlog", "spikeprocessor", "spikeprocessor/conventions", "spikeprocessor/latency", "otelperf", "otelperf/baseline", "otelperf/engine",
		"otelperf/causes", "otelperf/events", "otelperf/evidence", "otelperf/history", "otelperf/history/bolt", "otelperf/notify", "cmd/otelperf/...",
	},
}

// forTests are imported by tests alone, and may import anything.
var forTests = []string{"otelperf/internal/testrig", "otelperf/history/historytest"}

// neverInLibraries are packages that must not become part of a user's program through us.
var neverInLibraries = []string{"testing", "net/http/pprof", "expvar", "github.com/rogpeppe/go-internal", "github.com/spf13/cobra"}

// onlyIn are packages that nothing but one tree of ours may import: what may change at any time, or is not every program's concern.
var onlyIn = map[string]string{"golang.org/x/exp/": "otelperf/evidence/internal/history"}

func TestImportDirection(t *testing.T) {
	eachFile(t, func(path, pkg string, imports []string) {
		if slices.Contains(forTests, pkg) {
			return
		}
		rule, allowed := ruleOf(pkg)
		for _, imp := range imports {
			rest, ours := strings.CutPrefix(imp, modulePath+"/")
			if ours && slices.Contains(forTests, rest) {
				t.Errorf("%s imports %s, which is for tests", path, imp)
			}
			if ours && !insideOf(pkg, rest) &&
				!slices.ContainsFunc(allowed, func(a string) bool { return covers(a, rest) }) {
				t.Errorf("%s imports %s; %s may import %v", path, rest, rule, allowed)
			}
			for theirs, tree := range onlyIn {
				if strings.HasPrefix(imp, theirs) && pkg != tree {
					t.Errorf("%s imports %s, which only %s may", path, imp, tree)
				}
			}
			if !strings.HasPrefix(pkg, "cmd/") && slices.ContainsFunc(neverInLibraries, func(n string) bool { return imp == n || strings.HasPrefix(imp, n+"/") }) {
				t.Errorf("%s imports %s, which has no place in a library", path, imp)
			}
		}
	})
}

// ruleOf is the entry of mayImport that holds for a package; a package inside of another has that one's.
func ruleOf(pkg string) (rule string, allowed []string) {
	if allowed, ok := mayImport[pkg]; ok {
		return pkg, allowed
	}
	for rule, allowed := range mayImport {
		if covers(rule, pkg) {
			return rule, allowed
		}
	}
	parent, _, _ := strings.Cut(pkg, "/internal/")
	return parent, mayImport[parent]
}

// covers reports whether an entry stands for a package.
func covers(entry, pkg string) bool {
	tree, all := strings.CutSuffix(entry, "/...")
	return entry == pkg || all && (pkg == tree || strings.HasPrefix(pkg, tree+"/"))
}

// insideOf reports whether pkg is inside of what it imports, or both are inside of one package: such may know each other, but for
// the insides of otelperf, which have entries of their own.
func insideOf(pkg, imported string) bool {
	parent, _, inside := strings.Cut(pkg, "/internal/")
	return inside && parent != "otelperf" && (imported == parent || strings.HasPrefix(imported, parent+"/"))
}

func TestOnePackageCommentEach(t *testing.T) {
	comments := map[string][]string{}
	eachGoFile(t, func(path, pkg string) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		comments[pkg] = append(comments[pkg], nil...)
		if f.Doc != nil {
			comments[pkg] = append(comments[pkg], path)
		}
	})
	for pkg, files := range comments {
		if len(files) != 1 {
			t.Errorf("package %s has its comment in %v, want one file", pkg, files)
		}
	}
}

func eachFile(t *testing.T, visit func(path, pkg string, imports []string)) {
	t.Helper()
	seen := 0
	eachGoFile(t, func(path, pkg string) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		var imports []string
		for _, i := range f.Imports {
			imports = append(imports, strings.Trim(i.Path.Value, `"`))
		}
		seen++
		visit(path, pkg, imports)
	})
	if seen < 20 {
		t.Fatalf("saw %d files: the walk is broken", seen)
	}
}

// eachGoFile visits the non-test Go files of the module, nested modules aside.
func eachGoFile(t *testing.T, visit func(path, pkg string)) {
	t.Helper()
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "examples" || d.Name() == "testdata" || len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		visit(path, filepath.ToSlash(dir))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
