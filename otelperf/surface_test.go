// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// surfaces are the packages that programs import, and how many exported names each may have outside of methods and fields: a package is
// as large as its use.
var surfaces = map[string]int{
	"otelperf": 89, "otelperf/fleet": 8, "otelperf/notify": 23, "otelperf/history": 43, "otelperf/engine": 65, "otelperf/baseline": 40, "otelperf/events": 50,
	"spikeprocessor": 42, "spikeprocessor/conventions": 63, "spikeprocessor/latency": 15, "slowlog": 64,
}

func TestPublicSurface(t *testing.T) {
	for pkg, most := range surfaces {
		names, bare := exportedOf(t, pkg)
		if len(names) > most || len(names) == 0 {
			t.Errorf("%s exports %d names, want at most %d: %s", pkg, len(names), most, strings.Join(names, " "))
		}
		for _, name := range bare {
			t.Errorf("%s is without a comment", name)
		}
	}
}

// exportedOf returns a package's exported names, and what of them, their fields and their methods has no comment.
func exportedOf(t *testing.T, pkg string) (names, bare []string) {
	t.Helper()
	files, err := filepath.Glob("../" + pkg + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, comments ...*ast.CommentGroup) {
		for _, c := range comments {
			if strings.TrimSpace(c.Text()) != "" {
				return
			}
		}
		bare = append(bare, pkg+": "+name)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if !d.Name.IsExported() || d.Recv != nil && !receiver(d).IsExported() {
					continue
				}
				if d.Recv == nil {
					names = append(names, d.Name.Name)
				}
				check(d.Name.Name, d.Doc)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					names = append(names, declared(d, spec, check)...)
				}
			}
		}
	}
	return names, bare
}

// declared returns the exported names of a declaration, which check has seen.
func declared(d *ast.GenDecl, spec ast.Spec, check func(string, ...*ast.CommentGroup)) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		check(s.Name.Name, s.Doc, d.Doc)
		if st, ok := s.Type.(*ast.StructType); ok {
			for _, field := range st.Fields.List {
				for _, name := range field.Names {
					if name.IsExported() {
						check(s.Name.Name+"."+name.Name, field.Doc, field.Comment)
					}
				}
			}
		}
		return []string{s.Name.Name}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() {
				check(name.Name, s.Doc, s.Comment, d.Doc)
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func receiver(d *ast.FuncDecl) *ast.Ident {
	e := d.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if generic, ok := e.(*ast.IndexExpr); ok {
		e = generic.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id
	}
	return ast.NewIdent("_")
}
