// SPDX-License-Identifier: Apache-2.0

package generations

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// The types of events that tables of strings and stacks are made of, as internal/trace/tracev2 has them.
const (
	stacksSection  = 2
	stackEntry     = 3
	stringsSection = 4
	stringEntry    = 5
)

// runtimeStrings are those that the Go runtime itself puts into a trace: why a goroutine waits, why the world stops, what a worker of the
// collector does.
var runtimeStrings = map[string]bool{
	"unspecified": true, "forever": true, "network": true, "select": true, "sync.(*Cond).Wait": true, "sync": true, "chan send": true,
	"chan receive": true, "GC mark assist wait for work": true, "GC background sweeper wait": true, "system goroutine wait": true,
	"preempted": true, "wait for debug call": true, "wait until GC ends": true, "sleep": true, "GC weak to strong wait": true, "synctest": true,
	"runtime.Gosched": true, "unknown": true, "GC mark termination": true, "GC sweep termination": true, "write heap dump": true,
	"goroutine profile": true, "goroutine profile cleanup": true, "all goroutines stack trace": true, "read mem stats": true,
	"AllThreadsSyscall": true, "GOMAXPROCS": true, "start trace": true, "stop trace": true, "GC (dedicated)": true, "GC (fractional)": true,
	"GC (idle)": true,
}

// Private returns a trace in which each string that the program itself gave, such as the name of a task, a region or a log entry, is
// crosses of the same length, unless keep says that it may be seen. Those of the runtime, and names of functions and files, stay. The
// OpenTelemetry SDK makes a task of each span, of its name, while a trace is made.
func Private(trace []byte, keep func(string) bool) ([]byte, error) {
	if _, err := Version(trace); err != nil {
		return nil, err
	}
	trace = slices.Clone(trace)
	code := map[symbol]bool{}
	for b, err := range batches(trace) {
		if err == nil && !b.experiment && len(b.data) > 0 && b.data[0] == stacksSection {
			err = symbols(b, code)
		}
		if err != nil {
			return nil, err
		}
	}
	for b, err := range batches(trace) {
		if err == nil && !b.experiment && len(b.data) > 0 && b.data[0] == stringsSection {
			err = cross(b, code, keep)
		}
		if err != nil {
			return nil, err
		}
	}
	return trace, nil
}

// symbol is a string that stacks speak of.
type symbol struct{ generation, id uint64 }

// symbols notes the names of functions and files in a table of stacks.
func symbols(b batch, into map[symbol]bool) error {
	r := reader{data: b.data[1:]}
	for len(r.data) > 0 && !r.broken {
		r.want(stackEntry)
		r.uvarint() // its id
		for n := r.uvarint(); n > 0 && !r.broken; n-- {
			r.uvarint() // the program counter
			into[symbol{b.generation, r.uvarint()}] = true
			into[symbol{b.generation, r.uvarint()}] = true
			r.uvarint() // the line
		}
	}
	return r.err("stacks")
}

// cross replaces the strings of a table in place.
func cross(b batch, code map[symbol]bool, keep func(string) bool) error {
	r := reader{data: b.data[1:]}
	for len(r.data) > 0 && !r.broken {
		r.want(stringEntry)
		id := r.uvarint()
		s := r.bytes(r.uvarint())
		if text := string(s); !code[symbol{b.generation, id}] && !runtimeStrings[text] && !keep(text) {
			for i := range s {
				s[i] = 'x'
			}
		}
	}
	return r.err("strings")
}

// reader reads what a batch has. What is beyond its end is 0, and makes it broken.
type reader struct {
	data   []byte
	broken bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.broken, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.broken, r.data = true, nil
		return nil
	}
	s := r.data[:n]
	r.data = r.data[n:]
	return s
}

// want reads the type of an entry.
func (r *reader) want(kind byte) {
	if len(r.data) == 0 || r.data[0] != kind {
		r.broken, r.data = true, nil
		return
	}
	r.data = r.data[1:]
}

func (r *reader) err(what string) error {
	if r.broken {
		return fmt.Errorf("%w: a table of %s cannot be read", ErrFormat, what)
	}
	return nil
}
