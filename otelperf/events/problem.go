// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
)

// problem is an error answer as RFC 9457 has it, with members of our own.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitzero"`
	Field  string `json:"field,omitzero"`
	Reason Reason `json:"reason,omitzero"`

	Batch *BatchResult `json:"batch,omitzero"` // every item was refused or over the client's rate
	Flush *FlushResult `json:"flush,omitzero"` // what is left
}

func (p *problem) write(w http.ResponseWriter) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	writeJSON(w, p.Status, "application/problem+json", p)
}

func newProblem(status int, field, detail string) *problem {
	return &problem{Status: status, Field: field, Detail: detail}
}

func (e *RefusedError) problem() *problem {
	return &problem{Status: http.StatusBadRequest, Field: e.Field, Detail: e.Detail, Reason: e.Reason}
}

// writeJSON answers with v, which holds nothing that cannot be encoded.
func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encoding the answer failed", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// webCounts counts requests to the handler, and by status those whose events were not even looked at.
type webCounts struct {
	requests atomic.Uint64
	refused  [len(refusedStatuses)]atomic.Uint64
}

var refusedStatuses = [...]int{400, 403, 404, 405, 413, 415, 429}

func (c *webCounts) refuse(status int) {
	for i, s := range refusedStatuses {
		if s == status {
			c.refused[i].Add(1)
		}
	}
}

// IngestRequests counts what came to the handlers for browsers.
type IngestRequests struct {
	Requests  uint64            `json:"requests"`
	RefusedBy map[string]uint64 `json:"refused_by"` // by HTTP status; a 400 can also be events that were all refused
}

func (c *webCounts) stats() IngestRequests {
	s := IngestRequests{Requests: c.requests.Load(), RefusedBy: map[string]uint64{}}
	for i := range c.refused {
		if n := c.refused[i].Load(); n > 0 {
			s.RefusedBy[strconv.Itoa(refusedStatuses[i])] = n
		}
	}
	return s
}
