// SPDX-License-Identifier: Apache-2.0

package events

import (
	"strconv"
	"sync/atomic"
)

// HandlerStats counts the requests to [Tracker.Handler].
type HandlerStats struct {
	// Requests is the number of all requests.
	Requests uint64 `json:"requests"`
	// RefusedBy counts those that were answered with an error, by HTTP status. The events of such a request were not read,
	// but with 400 or 429 it can also be that each event was refused or over its client's rate.
	RefusedBy map[string]uint64 `json:"refused_by"`
}

// requestCounts are HandlerStats under way.
type requestCounts struct {
	requests atomic.Uint64
	refused  [len(refusedStatuses)]atomic.Uint64
}

var refusedStatuses = [...]int{400, 403, 404, 405, 413, 415, 429}

func (c *requestCounts) refuse(status int) {
	for i, s := range refusedStatuses {
		if s == status {
			c.refused[i].Add(1)
		}
	}
}

func (c *requestCounts) stats() HandlerStats {
	s := HandlerStats{Requests: c.requests.Load(), RefusedBy: map[string]uint64{}}
	for i := range c.refused {
		if n := c.refused[i].Load(); n > 0 {
			s.RefusedBy[strconv.Itoa(refusedStatuses[i])] = n
		}
	}
	return s
}
