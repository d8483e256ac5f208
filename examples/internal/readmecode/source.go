// SPDX-License-Identifier: Apache-2.0

package readmecode

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// parameters are what statements in a README may take for granted.
const parameters = "mon *otelperf.Monitor, mux *http.ServeMux"

// imports are the packages that declarations and statements may name without importing them.
var imports = map[string]string{
	"events":         "github.com/otelperf/otelperf-go/otelperf/events",
	"evidence":       "github.com/otelperf/otelperf-go/otelperf/evidence",
	"expvar":         "expvar",
	"http":           "net/http",
	"log":            "log",
	"notify":         "github.com/otelperf/otelperf-go/otelperf/notify",
	"otelperf":       "github.com/otelperf/otelperf-go/otelperf",
	"os":             "os",
	"sdktrace":       "go.opentelemetry.io/otel/sdk/trace",
	"spikeprocessor": "github.com/otelperf/otelperf-go/spikeprocessor",
	"sql":            "database/sql",
	"sqlstore":       "github.com/otelperf/otelperf-go/otelperf/history/sqlstore",
	"time":           "time",
}

// sourceOf returns a file with the code of a block, whose lines count as those of the README at a path.
func sourceOf(b *Block, path string) (string, error) {
	begin := fmt.Sprintf("//line %s:%d\n", path, b.Line)
	if b.Program() {
		return begin + b.Code, nil
	}
	body := begin + b.Code
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b.Code, 0); err != nil { // no declarations
		body = "func _(" + parameters + ") {\n" + body + "}\n"
	}
	named, err := packagesOf("package p\n" + body)
	if err != nil {
		return "", err
	}
	var head strings.Builder
	head.WriteString("package readme\n")
	for _, name := range named {
		head.WriteString("import " + name + " " + strconv.Quote(imports[name]) + "\n")
	}
	head.WriteString(body)
	return head.String(), nil
}

// packagesOf returns the names of the packages that a file without imports speaks of, of those that are known.
func packagesOf(source string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && imports[x.Name] != "" {
				found[x.Name] = true
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(found)), nil
}
