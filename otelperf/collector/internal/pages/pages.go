// SPDX-License-Identifier: Apache-2.0

// Package pages is what the extension serves: the services of all connectors in a list, as a page and as JSON, and below services/NAME/ the
// companion endpoint of each. openapi.json beside this file describes the list; what is below a service is the library's.
package pages

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

//go:embed page openapi.json
var files embed.FS

// assets are the embedded files by path, which are read when the first is asked for.
var assets = sync.OnceValue(func() map[string]*web.Asset { return web.Assets(files) })

// shareFor is for how long equal polls of the list share an answer: to look at all services costs about as much as to judge them for some
// seconds.
const shareFor = 2 * time.Second

// Pages serves fleets. Its methods are safe for concurrent use.
type Pages struct {
	guard    *access.Guard
	views    *views.Views
	maxViews int
	shared   web.Shared
	front    http.Handler // all but services, guarded
	below    http.Handler // one service, guarded

	mu  sync.Mutex // guards what follows
	all []*shown   // by the ids of their connectors
}

// New returns Pages, which Close ends.
func New(s views.Settings) *Pages {
	p := &Pages{guard: s.Guard, views: views.New(s), maxViews: s.Most}
	routes := map[string]http.Handler{
		"GET /{$}": http.HandlerFunc(p.serveIndex), "GET /page/{file}": http.HandlerFunc(p.servePage), "GET /openapi.json": assets()["openapi.json"],
		"GET /services": p.answer("services", p.list), "GET /services/{$}": p.answer("services", p.list), "GET /instances": p.answer("instances", p.outOfLine),
	}
	for _, of := range []string{"summary", "health", "endpoints", "slow", "spikes", "stream", "diagnostics"} {
		routes["GET /"+of] = http.HandlerFunc(p.ofOne)
	}
	p.front = p.guard.Wrap(web.Routes(routes))
	p.below = p.guard.Wrap(http.HandlerFunc(p.serveService))
	return p
}

// Close ends what serves the services, within ctx.
func (p *Pages) Close(ctx context.Context) error { return p.views.Close(ctx) }

// ServeHTTP implements http.Handler.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/services/")
	if !ok || rest == "" {
		p.front.ServeHTTP(w, r)
		return
	}
	segment, rest, slash := strings.Cut(rest, "/")
	slug, err := url.PathUnescape(segment)
	path, err2 := url.PathUnescape(rest)
	if err != nil || err2 != nil {
		problem.Write(w, problem.Invalid("path", "The path cannot be read.", ""))
		return
	}
	stripped, u := *r, *r.URL
	if u.Path, u.RawPath = "", ""; slash {
		u.Path = "/" + path
	}
	stripped.URL = &u
	p.below.ServeHTTP(w, stripped.WithContext(context.WithValue(r.Context(), slugKey{}, slug)))
}

// slugKey is that of the service in the context of a request.
type slugKey struct{}

// serveService answers for one service.
func (p *Pages) serveService(w http.ResponseWriter, r *http.Request) {
	slug, _ := r.Context().Value(slugKey{}).(string)
	s, past := p.find(slug)
	if s == nil {
		web.NotFound(w, "service", "There is no service %.100q here, or no longer, or it came when there were as many as max_services says. GET services lists those that there are.", slug)
		return
	}
	p.views.Serve(w, r, s, past)
}

// ofOne answers who takes the list for a service.
func (p *Pages) ofOne(w http.ResponseWriter, _ *http.Request) {
	web.NotFound(w, "path", "Here are the services of a Collector: ask one of them, at services/NAME/ below this address. GET services lists them.")
}

// answer answers with what produce returns.
func (p *Pages) answer(key string, produce func() (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.shared.Serve(w, r, key, shareFor, web.Failed, produce)
	})
}

func (p *Pages) serveIndex(w http.ResponseWriter, r *http.Request) {
	assets()["page/index.html"].ServeHTTP(w, r)
}

func (p *Pages) servePage(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	a := assets()["page/"+name]
	if a == nil {
		web.NotFound(w, "file", "The page has no file %.64q.", name)
		return
	}
	a.ServeHTTP(w, r)
}
