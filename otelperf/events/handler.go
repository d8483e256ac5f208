// SPDX-License-Identifier: Apache-2.0

package events

import (
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// HandlerOptions sets how browsers can send events. The zero value is right for a site that sends to itself.
type HandlerOptions struct {
	// AllowedOrigins are the other origins, such as https://shop.example, whose pages may send; "*" allows all.
	// Requests that a browser sends for pages of other origins get 403, and no CORS headers are set.
	AllowedOrigins []string

	// Rate is how many events a second a client may send on average, Burst how many at once. 0 means 20
	// and 200; a negative Rate means no limit.
	Rate  float64
	Burst int

	// MaxClients bounds the table of rates. 0 means 10,000. Of more clients, those are forgotten that
	// have been silent longest.
	MaxClients int

	// ClientKey names the client of a request. The default is the peer's address (of IPv6, the first 64 bits), which
	// behind a proxy is the proxy's: take the address from the header that your proxy sets, and
	// from no other. What it returns is hashed, not kept.
	ClientKey func(*http.Request) string

	// AllowNames, if not empty, are the only names that track and batch-track take.
	AllowNames []string

	// MaxBody is the most bytes of a body, MaxBatch the most events in it. 0 means 64 KiB and 100; more
	// than 1 MiB or 1000 is cut to that.
	MaxBody  int64
	MaxBatch int
}

func (o HandlerOptions) withDefaults() HandlerOptions {
	orDefault := func(v, def, most int) int {
		if v <= 0 {
			return def
		}
		return min(v, most)
	}
	if o.Rate == 0 || math.IsNaN(o.Rate) {
		o.Rate = 20
	}
	o.Burst = orDefault(o.Burst, 200, 1<<20)
	o.MaxClients = orDefault(o.MaxClients, 10_000, 1<<20)
	o.MaxBody = int64(orDefault(int(o.MaxBody), 64<<10, 1<<20))
	o.MaxBatch = orDefault(o.MaxBatch, 100, 1000)
	if o.ClientKey == nil {
		o.ClientKey = peerAddress
	}
	return o
}

// NewHandler returns the handler that browsers send to. It answers exact paths below the prefix it is mounted at with
// http.StripPrefix: POST track, batch-track and interactions, and GET track.js. Bodies are JSON, as application/json
// or, for navigator.sendBeacon, as text/plain. Answers are 202 with counts, else application/problem+json: 400
// (nothing of it was valid), 403 (origin), 405, 413, 415 or 429. It has to be reachable by
// the public, and takes everything that comes from there for hostile.
func NewHandler(t *Tracker, o HandlerOptions) http.Handler {
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
	options HandlerOptions // with defaults
	clients *clientLimits
	origins *http.CrossOriginProtection
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.tracker.web.requests.Add(1)
	var p *problem
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
		p = newProblem(http.StatusNotFound, "", "there are track, batch-track, interactions and track.js")
	}
	if p != nil {
		h.tracker.web.refuse(p.Status)
		p.write(w)
	}
}

func (h *handler) post(w http.ResponseWriter, r *http.Request, in *intake) *problem {
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
		return newProblem(http.StatusMethodNotAllowed, "", "only POST")
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

func tooMany(w http.ResponseWriter, wait int) *problem {
	w.Header().Set("Retry-After", strconv.Itoa(wait))
	return newProblem(http.StatusTooManyRequests, "", "too many events from this client")
}

// checkOrigin lets pages of this and of allowed origins pass, and programs that are no browsers.
func (h *handler) checkOrigin(w http.ResponseWriter, r *http.Request) *problem {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	allowed := slices.Contains(h.options.AllowedOrigins, "*") || slices.Contains(h.options.AllowedOrigins, origin)
	if origin == "" || !allowed {
		if h.origins.Check(r) != nil || r.Method == http.MethodOptions && origin != "" {
			return newProblem(http.StatusForbidden, "", "pages of this origin may not send here")
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

func (h *handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *problem) {
	if !acceptable(r.Header) {
		return nil, newProblem(http.StatusUnsupportedMediaType, "Content-Type", "application/json or text/plain in UTF-8, not compressed")
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
		return nil, newProblem(http.StatusBadRequest, "", "the body ended early")
	}
	return body, nil
}

func (h *handler) tooLarge() *problem {
	return newProblem(http.StatusRequestEntityTooLarge, "", "more than "+strconv.FormatInt(h.options.MaxBody, 10)+" bytes")
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
