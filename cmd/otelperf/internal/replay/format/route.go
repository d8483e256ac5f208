// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const maxSegments = 8 // of a route; the rest of a deeper path is {rest}

// AppendRoute appends the route that a path is likely to belong to: without query, and {id} for each segment that is an id
// (conventions.IsID).
//
// What comes behind the eighth segment is {rest}. A path that does not begin with a slash becomes "(unmatched)".
func AppendRoute(dst, path []byte) []byte {
	if i := bytes.IndexAny(path, "?#;"); i >= 0 {
		path = path[:i]
	}
	if len(path) == 0 || path[0] != '/' {
		return append(dst, "(unmatched)"...)
	}
	for n := 0; len(path) > 0; n++ {
		path = path[1:] // the slash
		dst = append(dst, '/')
		if n == maxSegments {
			return append(dst, "{rest}"...)
		}
		segment := path
		if i := bytes.IndexByte(path, '/'); i >= 0 {
			segment = path[:i]
		}
		path = path[len(segment):]
		if conventions.IsID(segment) {
			dst = append(dst, "{id}"...)
		} else {
			dst = append(dst, segment...)
		}
	}
	return dst
}
