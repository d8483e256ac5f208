// SPDX-License-Identifier: Apache-2.0

package events

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Handler returns the handler that browsers send to; [WithHandler] sets what it lets in. Mount it with http.StripPrefix
// where the public can reach it: it takes everything that comes from there for hostile. It answers exact paths below that
// prefix, POST track, batch-track and interactions, and GET track.js. Bodies are JSON, as application/json or, for
// navigator.sendBeacon, as text/plain. Answers are 202 with a [BatchResult], else application/problem+json: 400
// (nothing of it was valid), 403 (origin), 404, 405, 413, 415 or 429. Each call returns the same handler, so that a
// client's rate is one wherever it is mounted.
func (t *Tracker) Handler() http.Handler { return t.handler }

func newHandler(t *Tracker, o HandlerOptions) *handler {
	o = o.withDefaults()
	limit := rate.Limit(o.Rate)
	if o.Rate < 0 {
		limit = rate.Inf
	}
	return &handler{
		tracker: t,
		options: o,
		clients: newClientLimits(limit, o.Burst, o.MaxClients),
		origins: http.NewCrossOriginProtection(),
	}
}

type handler struct {
	tracker *Tracker
	counts  requestCounts
	options HandlerOptions // with defaults
	clients *clientLimits
	origins *http.CrossOriginProtection
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.counts.requests.Add(1)
	var p *problem.Problem
	switch strings.TrimPrefix(r.URL.Path, "/") {
	case "track":
		p = h.post(w, r, &intake{submit: (*Tracker).submitTrack})
	case "batch-track":
		p = h.post(w, r, &intake{submit: (*Tracker).submitTrack, batch: true})
	case "interactions":
		p = h.post(w, r, &intake{submit: (*Tracker).submitInteraction, batch: true, interactions: true})
	case "track.js":
		p = serveSnippet(w, r)
	default:
		p = rejection(http.StatusNotFound, "", "there are track, batch-track, interactions and track.js")
	}
	if p != nil {
		h.counts.refuse(p.Status)
		problem.Write(w, *p)
	}
}

func (h *handler) post(w http.ResponseWriter, r *http.Request, in *intake) *problem.Problem {
	if p := h.checkOrigin(w, r); p != nil {
		return p
	}
	switch r.Method {
	case http.MethodOptions: // a preflight; what it asks for was answered with the origin
		w.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "POST, OPTIONS")
		return rejection(http.StatusMethodNotAllowed, "", "only POST")
	}
	bucket := h.clients.get(h.options.ClientKey(r))
	if wait := retryAfter(bucket, time.Now()); wait > 0 {
		return tooMany(w, wait)
	}
	body, p := h.readBody(w, r)
	if p != nil {
		return p
	}
	return h.ingest(w, r, body, in, bucket)
}

// rejection is a problem of the request as a whole.
func rejection(status int, field, detail string) *problem.Problem {
	return &problem.Problem{Status: status, Field: field, Detail: detail}
}

func tooMany(w http.ResponseWriter, wait int) *problem.Problem {
	w.Header().Set("Retry-After", strconv.Itoa(wait))
	return rejection(http.StatusTooManyRequests, "", "too many events from this client")
}

// checkOrigin lets pages of this and of allowed origins pass, and programs that are no browsers.
func (h *handler) checkOrigin(w http.ResponseWriter, r *http.Request) *problem.Problem {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	allowed := slices.Contains(h.options.AllowedOrigins, "*") || slices.Contains(h.options.AllowedOrigins, origin)
	if origin == "" || !allowed {
		if h.origins.Check(r) != nil || r.Method == http.MethodOptions && origin != "" {
			return rejection(http.StatusForbidden, "", "pages of this origin may not send here")
		}
		return nil
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", "POST")
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", "600")
	}
	return nil
}

// bodyTimeout is how long a client may take to send a body, unless the server has a ReadTimeout of its own.
const bodyTimeout = 10 * time.Second

func limitReading(w http.ResponseWriter, r *http.Request) {
	if srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && srv.ReadTimeout > 0 {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not all writers can
}

func (h *handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *problem.Problem) {
	if !acceptable(r.Header) {
		return nil, rejection(http.StatusUnsupportedMediaType, "Content-Type", "application/json or text/plain in UTF-8, not compressed")
	}
	if r.ContentLength > h.options.MaxBody {
		return nil, h.tooLarge()
	}
	limitReading(w, r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, h.tooLarge()
	}
	if err != nil {
		return nil, rejection(http.StatusBadRequest, "", "the body ended early")
	}
	return body, nil
}

func (h *handler) tooLarge() *problem.Problem {
	return rejection(http.StatusRequestEntityTooLarge, "", "more than "+strconv.FormatInt(h.options.MaxBody, 10)+" bytes")
}

func acceptable(h http.Header) bool {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return false
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || media != "application/json" && media != "text/plain" {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8")
}
