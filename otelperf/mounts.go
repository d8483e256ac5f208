// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

const (
	defaultMount = "/debug/otelperf/"
	maxMounts    = 8
)

// mounts remembers below which prefixes Handler was reached, at most maxMounts, so that Filter can leave them out.
// Reading it takes no lock.
type mounts struct {
	prefixes atomic.Pointer[[]string]
}

// all returns the prefixes; each ends in a slash.
func (m *mounts) all() []string {
	if p := m.prefixes.Load(); p != nil {
		return *p
	}
	return []string{}
}

// learn notes the prefix that http.StripPrefix took from a request that reached Handler.
func (m *mounts) learn(r *http.Request) {
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
		known := m.all()
		if slices.Contains(known, prefix) || len(known) >= maxMounts {
			return
		}
		grown := append(slices.Clone(known), prefix)
		if m.prefixes.CompareAndSwap(old, &grown) {
			return
		}
	}
}

func (m *mounts) contain(path string) bool {
	if p := m.prefixes.Load(); p != nil {
		for _, prefix := range *p {
			if strings.HasPrefix(path, prefix) {
				return true
			}
		}
	}
	return strings.HasPrefix(path, defaultMount)
}

// Filter reports whether a request is to be measured, for otelhttp.WithFilter: not our own endpoint, wherever it is
// mounted, nor /healthz, /livez, /readyz, nor what WithIgnoredPaths names.
func (m *Monitor) Filter(r *http.Request) bool {
	return !m.ignored(r)
}

func (m *Monitor) ignored(r *http.Request) bool {
	path := r.URL.Path
	for _, p := range m.cfg.ignored {
		if path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return m.mounts.contain(path)
}
