// SPDX-License-Identifier: Apache-2.0

// Package problem writes errors of HTTP handlers as application/problem+json (RFC 9457).
package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// maxDetail bounds Detail and Field in bytes: they may quote what a client sent.
const maxDetail = 512

// A Problem says what is wrong with a request. Empty members are left out of the JSON,
// but for Type and Title, which get the defaults of RFC 9457.
type Problem struct {
	Type     string `json:"type"`               // URI; "about:blank" if empty
	Title    string `json:"title"`              // the status text if empty
	Status   int    `json:"status"`             // 400 to 599; 500 if it is not
	Detail   string `json:"detail,omitempty"`   // a sentence for people, at most 512 bytes
	Field    string `json:"field,omitempty"`    // the input at fault, at most 512 bytes
	Accepted string `json:"accepted,omitempty"` // what the field may be, in words: "1m, 5m", "1 to 100"

	// Extra are extension members by name, written after those above. None may have the name of one of them.
	Extra map[string]any `json:"-"`
}

// Write sends p. Nothing may have been written to w. The reply is not to be cached or
// sniffed; other headers that w has stay, such as WWW-Authenticate.
func Write(w http.ResponseWriter, p Problem) {
	if p.Status < 400 || p.Status > 599 {
		p.Status = http.StatusInternalServerError
	}
	if p.Type == "" {
		p.Type = "about:blank"
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	p.Detail, p.Field = clip(p.Detail), clip(p.Field)
	body := append(p.json(), '\n')
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Del("Content-Encoding")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client left: nobody to tell
}

// json encodes p. Extra is left out if it holds what JSON cannot say.
func (p *Problem) json() []byte {
	body, err := json.Marshal(p)
	if err != nil { // cannot be: strings and a number
		return []byte("{}")
	}
	if len(p.Extra) == 0 {
		return body
	}
	extra, err := json.Marshal(p.Extra)
	if err != nil {
		return body
	}
	return append(append(body[:len(body)-1], ','), extra[1:]...)
}

// Invalid is a 400 that names the field.
func Invalid(field, detail, accepted string) Problem {
	return Problem{Status: http.StatusBadRequest, Field: field, Detail: detail, Accepted: accepted}
}

func clip(s string) string {
	if len(s) > maxDetail {
		s = s[:maxDetail]
	}
	return strings.ToValidUTF8(s, "")
}
