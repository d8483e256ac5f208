// SPDX-License-Identifier: Apache-2.0

// Package site finds out what a stack says: what is waited for, at which line of the program's own code, and in which function it
// all began.
package site

import (
	"iter"
	"path"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// Frame is a call on a stack.
type Frame struct {
	Func, File string
	Line       int
}

// Site is what a stack says.
type Site struct {
	State causes.State // of the outermost call in the table of calls; "" if there is none
	Line  causes.Place // the innermost one of the program's own code, else of a library that is not the standard one
	Outer string       // the outermost function of the program's own code: a handler, say
	Begin string       // that same one, if the goroutine began with it, or with what called it: a go statement, or a pool of workers
	Root  string       // the outermost function of all
}

// ID stands for a site of a Table. 0 is the site of no stack.
type ID uint32

// maxSites bounds a table. Stacks beyond say nothing.
const maxSites = 1 << 16

// Table keeps each site once, at most 65,536 of them. It is for one goroutine.
type Table struct {
	own       []string
	sites     []Site
	ids       map[Site]ID
	functions map[string]function
	Dropped   int // stacks for which there was no room
}

// NewTable returns an empty table. The program's own code is package main, and all packages whose import paths begin with one of own.
func NewTable(own []string) *Table {
	return &Table{own: own, sites: make([]Site, 1), ids: map[Site]ID{}, functions: map[string]function{}}
}

// At returns the site of an ID. It must not be changed.
func (t *Table) At(id ID) *Site { return &t.sites[id] }

// Len is one more than the largest ID.
func (t *Table) Len() int { return len(t.sites) }

// Of returns the site of a stack, the innermost frame first.
func (t *Table) Of(frames iter.Seq[Frame]) ID {
	s := t.read(frames)
	if s == (Site{}) {
		return 0
	}
	id, ok := t.ids[s]
	if !ok {
		if len(t.sites) == maxSites {
			t.Dropped++
			return 0
		}
		id = ID(len(t.sites))
		t.sites = append(t.sites, s)
		t.ids[s] = id
	}
	return id
}

func (t *Table) read(frames iter.Seq[Frame]) (s Site) {
	var lib causes.Place
	owned, inside := false, 0 // of how many calls the outermost own one is inside
	for f := range frames {
		fn := t.function(f.Func)
		if fn.origin == nobody {
			continue
		}
		s.Root = f.Func
		inside++
		if !owned && fn.state != "" {
			s.State = fn.state
		}
		switch {
		case fn.origin == own:
			if !owned {
				owned, s.Line = true, Place(f)
			}
			s.Outer, inside = short(f.Func), 0
		case fn.origin == library && lib == (causes.Place{}):
			lib = Place(f)
		}
	}
	if !owned {
		s.Line = lib
	} else if inside <= 1 {
		s.Begin = s.Outer
	}
	return s
}

// Place is the line of a frame.
func Place(f Frame) causes.Place {
	return causes.Place{Func: strings.Clone(short(f.Func)), File: path.Base(strings.ReplaceAll(f.File, `\`, "/")), Line: f.Line}
}

// short is a function with the last element of its package's path.
func short(f string) string { return f[strings.LastIndexByte(f, '/')+1:] }

// Name is what a goroutine that began like this is called.
func (s *Site) Name() string {
	if s.Begin != "" {
		return s.Begin
	}
	return short(s.Root)
}

// Pooled reports whether a connection of a pool is waited for.
func (s *Site) Pooled() bool {
	return s.State == causes.DBConnection || s.State == causes.HTTPConnection || s.State == causes.CacheConnection
}

// Dials reports whether it is a goroutine that makes a connection for an HTTP client.
func (s *Site) Dials() bool { return strings.Contains(s.Root, ").dialConn") }
