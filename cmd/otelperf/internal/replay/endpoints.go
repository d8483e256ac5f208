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
	guesses    *conventions.Guesses
}

func newEndpoints() *endpoints {
	return &endpoints{ids: make(map[string]int), guesses: conventions.NewGuesses()}
}

// of returns the number of a record's endpoint. It allocates only for one that has no row.
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
	if rec.Unmatched || rec.Unproven && !e.admit(rec) {
		ep := conventions.Endpoint{Kind: rec.Kind, Method: string(rec.Method), Route: conventions.UnmatchedRoute}
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

// admit reports whether a route that is not proven is to have a row, as it has one in a live service.
func (e *endpoints) admit(rec *format.Record) bool {
	return e.guesses.Admit(&conventions.Request{Kind: rec.Kind, Method: string(rec.Method), Route: string(rec.Route), Unproven: true})
}

// add returns the number of an endpoint, which it gives to a new one while there are any left.
func (e *endpoints) add(key string, ep conventions.Endpoint) int {
	id, ok := e.ids[key]
	if ok {
		return id
	}
	if len(e.all) >= MaxEndpoints {
		e.overflowed++
		key, ep = conventions.OverflowRoute, conventions.Endpoint{Route: conventions.OverflowRoute}
		if id, ok = e.ids[key]; ok {
			return id
		}
	}
	id = len(e.all)
	e.ids[key] = id
	e.all = append(e.all, ep)
	return id
}
