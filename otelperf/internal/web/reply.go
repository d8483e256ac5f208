// SPDX-License-Identifier: Apache-2.0

// Package web is what an HTTP API of JSON, a page and a stream is made of, and knows nothing of what they show: routes with problems
// for answers (RFC 9457), query parameters, shared and compressed replies, embedded files, server-sent events.
package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// gzipFrom is the size in bytes above which an answer is compressed.
const gzipFrom = 1 << 10

// JSON answers with v, which is never to be cached.
func JSON(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		Failed(w, err)
		return
	}
	Body(w, r, append(body, '\n'))
}

// Body answers with JSON that is encoded already.
func Body(w http.ResponseWriter, r *http.Request, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding")
	if len(body) > gzipFrom && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = compress(body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a client that left is no concern
}

// File answers with bytes of a media type that are to be saved under a name, and never to be cached.
func File(w http.ResponseWriter, r *http.Request, kind, name string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a client that left is no concern
}

// NotFound answers for something that is not stored, or no longer.
func NotFound(w http.ResponseWriter, field, format string, args ...any) {
	problem.Write(w, problem.Problem{Status: http.StatusNotFound, Field: field, Detail: fmt.Sprintf(format, args...)})
}

// Failed answers for a fault of ours.
func Failed(w http.ResponseWriter, err error) {
	problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3): what is named counts before "*", and a weight of 0 is a no.
func acceptsGzip(r *http.Request) bool {
	any := false
	for _, value := range r.Header["Accept-Encoding"] {
		for item := range strings.SplitSeq(value, ",") {
			name, params, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				return weighs(params)
			case "*":
				any = weighs(params)
			}
		}
	}
	return any
}

// weighs says whether the parameters of a coding give it a weight above 0; without one it is 1.
func weighs(params string) bool {
	q, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q=")
	if !ok {
		return true
	}
	weight, err := strconv.ParseFloat(q, 64)
	return err == nil && weight > 0
}

var gzipWriters = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // a level that exists
	return z
}}

func compress(body []byte) []byte {
	z := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(z)
	var b bytes.Buffer
	z.Reset(&b)
	_, _ = z.Write(body) // a buffer takes all
	_ = z.Close()
	return b.Bytes()
}
