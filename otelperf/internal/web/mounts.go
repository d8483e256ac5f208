// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// maxMounts bounds the prefixes that a Mounts remembers.
const maxMounts = 8

// Mounts remembers below which prefixes a handler was reached, at most 8, so that they can be left out of what is measured. Its
// methods are safe for concurrent use, and reading takes no lock.
type Mounts struct {
	// Usual is the prefix that is known before any request, with a slash at its end.
	Usual string

	prefixes atomic.Pointer[[]string]
}

// All returns the prefixes that were seen; each ends in a slash.
func (m *Mounts) All() []string {
	if p := m.prefixes.Load(); p != nil {
		return *p
	}
	return []string{}
}

// Learn notes the prefix that http.StripPrefix took from a request that reached the handler.
func (m *Mounts) Learn(r *http.Request) {
	full, _, _ := strings.Cut(r.RequestURI, "?")
	prefix, ok := strings.CutSuffix(full, strings.TrimPrefix(r.URL.Path, "/"))
	if !strings.HasSuffix(prefix, "/") {
		prefix += "/" // the page, asked for without its slash
	}
	if !ok || !strings.HasPrefix(prefix, "/") || prefix == "/" || len(prefix) > 256 {
		return
	}
	for {
		old := m.prefixes.Load()
		known := m.All()
		if slices.Contains(known, prefix) || len(known) >= maxMounts {
			return
		}
		grown := append(slices.Clone(known), prefix)
		if m.prefixes.CompareAndSwap(old, &grown) {
			return
		}
	}
}

// Contain reports whether a path lies below one of the prefixes.
func (m *Mounts) Contain(path string) bool {
	if p := m.prefixes.Load(); p != nil {
		for _, prefix := range *p {
			if strings.HasPrefix(path, prefix) {
				return true
			}
		}
	}
	return strings.HasPrefix(path, m.Usual)
}
