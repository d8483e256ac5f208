// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// fields are the members of a body. The first that is wrong is its fault.
type fields struct {
	all   map[string]json.RawMessage
	fault *problem.Problem
}

// readFields reads the body, in which there may be the known members alone.
func readFields(w http.ResponseWriter, r *http.Request, what, example string, known ...string) *fields {
	f := &fields{}
	f.all, f.fault = readObject(w, r, what, example)
	for _, name := range slices.Sorted(maps.Keys(f.all)) {
		if !slices.Contains(known, name) {
			f.refuse(fmt.Sprintf("%.64s", name), "There is no such field.", strings.Join(known, ", "))
		}
	}
	return f
}

func (f *fields) refuse(field, detail, accepted string) {
	if f.fault == nil {
		f.fault = new(problem.Invalid(field, detail, accepted))
	}
}

// has reports whether there is a member that is not null.
func (f *fields) has(name string) bool { return f.all[name] != nil && string(f.all[name]) != "null" }

// read reads a member that may be missing.
func (f *fields) read(name, accepted string, into any) {
	if f.has(name) && json.Unmarshal(f.all[name], into) != nil {
		f.refuse(name, name+" cannot be read.", accepted)
	}
}

// text is a member of least to most bytes, on one line.
func (f *fields) text(name string, least, most int) (text string) {
	accepted := fmt.Sprintf("text of %d to %d bytes", least, most)
	f.read(name, accepted, &text)
	n := len(text)
	if text = mutes.Plain(text); n > most || len(text) < least {
		f.refuse(name, fmt.Sprintf("%s has %d bytes.", name, n), accepted)
	}
	return text
}
