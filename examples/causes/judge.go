// SPDX-License-Identifier: Apache-2.0

package main

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// right reports whether a reason is the truth: its state, the function that waits, who is behind it, what that one does, and where. Of
// several holders the one with most of it counts, and it is not known what they all did.
func (t *truth) right(r causes.Reason, times float64) bool {
	who, others := strings.CutSuffix(r.Who, causes.AndOthers)
	if kind, function, is := strings.Cut(who, " "); is && (kind == "goroutine" || kind == "handler") {
		who = kind + " " + bare(function)
	}
	return r.State == t.state && bare(r.Line.Func) == t.line && who == t.who &&
		(others || r.What == t.what && bare(r.Where.Func) == t.where) && times >= t.times
}

// bare is the name of a function without its package and its receiver.
func bare(function string) string { return function[strings.LastIndexByte(function, '.')+1:] }

// said reports whether the first cause of a spike says the truth. Lines are taken for the functions that they are in.
func (t *truth) said(sentence string) bool {
	sentence = functions(sentence)
	return slices.ContainsFunc(append(t.texts(), t.words...), func(w string) bool { return strings.Contains(sentence, w) })
}

// texts are what a recording says of the truth: where the holder was is said unless it was at the line of the one that waits.
func (t *truth) texts() (texts []string) {
	place := func(function, as string) (p causes.Place) {
		if function != "" {
			p = causes.Place{Func: as, File: function}
		}
		return p
	}
	for _, as := range []string{t.line, "elsewhere"} {
		r := causes.Reason{State: t.state, Line: place(t.line, t.line), Who: t.who, What: t.what, Where: place(t.where, as)}
		texts = append(texts, strings.ReplaceAll(r.String(), ":0", ""))
	}
	return texts
}

var (
	line      = regexp.MustCompile(`(\w+\.go):(\d+)`)
	goroutine = regexp.MustCompile(`(goroutine|handler) [\w.*()/-]*\.(\w+)`)
)

// functions replaces the lines of a sentence by the functions that they are in.
func functions(sentence string) string {
	sentence = line.ReplaceAllStringFunc(sentence, func(place string) string {
		m := line.FindStringSubmatch(place)
		n, _ := strconv.Atoi(m[2])
		for _, f := range extents[m[1]] {
			if f.from <= n && n <= f.to {
				return f.name
			}
		}
		return place
	})
	return goroutine.ReplaceAllString(sentence, "$1 $2")
}

//go:embed shop.go faults.go
var sources embed.FS

// extent is the lines of a function.
type extent struct {
	name     string
	from, to int
}

// extents are those of the shop's functions, by files.
var extents = func() map[string][]extent {
	all := map[string][]extent{}
	for _, name := range []string{"shop.go", "faults.go"} {
		text, err := sources.ReadFile(name)
		if err != nil {
			panic(err)
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, text, 0)
		if err != nil {
			panic(err)
		}
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				all[name] = append(all[name], extent{f.Name.Name, set.Position(f.Pos()).Line, set.Position(f.End()).Line})
			}
		}
	}
	return all
}()
