// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"encoding/json"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// Bounds of an instance, besides fleet.MaxBlob.
const (
	maxHead      = 512 << 10 // bytes of what is JSON
	maxIncidents = engine.MaxIncidents
	maxRows      = 20_000
	maxText      = 1 << 10 // bytes of a name or a sentence
)

// Instance is one of a service, at a time.
type Instance struct {
	Head
	Rows []engine.SharedRow // in the order of their names
}

// Head is what an instance has besides rows.
type Head struct {
	Service  string                     `json:"service"`  // service.name
	Instance string                     `json:"instance"` // unique among those of the service
	Version  string                     `json:"version"`  // service.version
	Writer   string                     `json:"writer"`   // of the process: two that have one name are told apart by it
	Began    time.Time                  `json:"began"`
	Written  time.Time                  `json:"written"` // that all of it is of
	Requests uint64                     `json:"requests"`
	Slow     uint64                     `json:"slow"`    // requests, since the start or the last reset
	Seconds  [engine.NumWindows]float64 `json:"seconds"` // that each window covers
	TTL      float64                    `json:"ttl"`     // seconds for which it was put
	Status   string                     `json:"status"`  // of its verdict
	Title    string                     `json:"title"`   // of its verdict
	// Incidents are those that are open, as JSON, at most 50; IncidentsLeft is how many more there are, RowsLeft how many rows.
	Incidents     []json.RawMessage `json:"incidents"`
	IncidentsLeft int               `json:"incidents_left"`
	RowsLeft      int               `json:"rows_left"`
}

// sane reports whether nothing of a head is beyond what any instance has.
func (h *Head) sane() bool {
	for _, text := range []string{h.Service, h.Instance, h.Version, h.Writer, h.Status, h.Title} {
		if len(text) > maxText {
			return false
		}
	}
	for _, s := range append(h.Seconds[:], h.TTL) {
		if !(s >= 0 && s < 1e10) {
			return false
		}
	}
	year := h.Written.Year()
	return h.Service != "" && h.Instance != "" && year >= 1970 && year < 3000 && h.Began.Year() > 0 && h.Began.Year() < 3000 &&
		len(h.Incidents) <= maxIncidents && h.IncidentsLeft >= 0 && h.RowsLeft >= 0 && h.Requests < maxCount && h.Slow < maxCount
}
