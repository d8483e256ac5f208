// SPDX-License-Identifier: Apache-2.0

// Package problem writes errors as RFC 9457 has them, application/problem+json.
package problem

import (
	"encoding/json"
	"net/http"
)

// Problem is an error as a client sees it. Status is required; Title defaults to the status text.
type Problem struct {
	Type     string `json:"type"` // about:blank unless set
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitzero"`
	Field    string `json:"field,omitzero"`    // the parameter at fault
	Accepted string `json:"accepted,omitzero"` // what it may be
}

// Write answers with p.
func Write(w http.ResponseWriter, p Problem) {
	if p.Type == "" {
		p.Type = "about:blank"
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	body, err := json.Marshal(p)
	if err != nil { // cannot be: strings and a number
		http.Error(w, p.Title, p.Status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that left is no concern
}
