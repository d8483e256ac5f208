// SPDX-License-Identifier: Apache-2.0

package site

import (
	"runtime/debug"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// origin is whose code a function is.
type origin uint8

const (
	standard origin = iota // the standard library, or what stands between a program and the like of us
	library                // a library of somebody else
	own
	nobody // the runtime put it there: it says nothing of the goroutine
)

// function is what is known of one from its name.
type function struct {
	origin origin
	state  causes.State
}

// instrumentation is code that nobody looks for when he asks where his own code waits.
var instrumentation = []string{"go.opentelemetry.io/", "github.com/otelperf/otelperf-go", "github.com/felixge/httpsnoop"}

// Own reports whether a function is of the program's own code.
func (t *Table) Own(name string) bool { return t.function(name).origin == own }

// function looks at a name once.
func (t *Table) function(name string) function {
	f, ok := t.functions[name]
	if !ok {
		f = function{origin: t.origin(packageOf(name)), state: stateOf(name)}
		if strings.HasPrefix(name, "runtime.asyncPreempt") {
			f.origin = nobody
		}
		if len(t.functions) < maxSites {
			t.functions[name] = f
		}
	}
	return f
}

// origin of a package. The program's own code is looked for first: the path of its module may look like the standard library's.
func (t *Table) origin(pkg string) origin {
	first, _, _ := strings.Cut(pkg, "/")
	switch {
	case pkg == "main" || slices.ContainsFunc(t.own, func(p string) bool { return inside(pkg, p) }):
		return own
	case !strings.Contains(first, "."), slices.ContainsFunc(instrumentation, func(p string) bool { return strings.HasPrefix(pkg, p) }):
		return standard
	}
	return library
}

// inside reports whether a package is at a path or below it; that of a test counts as its package.
func inside(pkg, path string) bool {
	rest, ok := strings.CutPrefix(pkg, strings.TrimSuffix(path, "/"))
	return ok && (rest == "" || rest[0] == '/' || rest == "_test")
}

// packageOf is the import path of a function. The linker writes the dots of its last element as %2e.
func packageOf(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 { // the types of a generic function have paths of their own
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	if dot := strings.IndexByte(name[slash:], '.'); dot >= 0 {
		name = name[:slash+dot]
	}
	return strings.ReplaceAll(name, "%2e", ".")
}

// MainModule is the path of the module that this program was built from, or "" where that is not known.
func MainModule() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Path
	}
	return ""
}
