// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// MaxEndpoints is how many endpoints of a file have rows of their own.
const MaxEndpoints = 500

// maxName is the most bytes of a name that are stored. Longer ones are cut.
const maxName = 1024

// endpoints gives each endpoint of a file a number. It holds at most MaxEndpoints, and the ones that the rest shares.
type endpoints struct {
	ids        map[string]int
	all        []conventions.Endpoint // by number
	key        []byte
	service    string // the first one of the file, whose endpoints are shown without it
	served     bool
	overflowed uint64 // requests in the row (other)
}

func newEndpoints() *endpoints { return &endpoints{ids: make(map[string]int)} }

// of returns the number of a record's endpoint. It allocates only for a new one.
func (e *endpoints) of(rec *format.Record) int {
	if len(rec.Method) == 0 && rec.Service == "" {
		if id, ok := e.ids[string(rec.Route)]; ok {
			return id
		}
	}
	e.key = e.key[:0]
	if len(rec.Method) > 0 {
		e.key = append(e.appendMethod(e.key, rec), ' ')
	}
	e.key = append(e.key, rec.Route...)
	e.key = e.key[:min(len(e.key), maxName)]
	if id, ok := e.ids[string(e.key)]; ok {
		return id
	}
	return e.insert(rec)
}

// appendMethod appends the method, with the service before it if the file has several and it is not the first.
func (e *endpoints) appendMethod(to []byte, rec *format.Record) []byte {
	if !e.served {
		e.service, e.served = rec.Service, true
	}
	if rec.Service != e.service && rec.Service != "" {
		to = append(append(to, rec.Service...), ' ')
	}
	return append(to, rec.Method...)
}

func (e *endpoints) insert(rec *format.Record) int {
	switch {
	case len(e.all) >= MaxEndpoints:
		e.overflowed++
		return e.add(conventions.OverflowRoute, conventions.Endpoint{Route: conventions.OverflowRoute})
	case rec.Unmatched:
		ep := conventions.Endpoint{Method: string(rec.Method), Route: conventions.UnmatchedRoute}
		return e.add(ep.String(), ep)
	}
	key := string(e.key)
	route := key
	method := ""
	if len(rec.Method) > 0 {
		method = string(e.appendMethod(nil, rec))
		if len(method) >= len(key) {
			method = "" // cut
		} else {
			route = key[len(method)+1:]
		}
	}
	return e.add(key, conventions.Endpoint{Kind: rec.Kind, Method: method, Route: route})
}

// add returns the number of an endpoint, which it gives to a new one.
func (e *endpoints) add(key string, ep conventions.Endpoint) int {
	id, ok := e.ids[key]
	if !ok {
		id = len(e.all)
		e.ids[key] = id
		e.all = append(e.all, ep)
	}
	return id
}
