// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"embed"
	"net/http"
	"sync"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

//go:embed page openapi.json
var files embed.FS

// assets are the embedded files by path. They are read once, when the first of them is asked for.
var assets = sync.OnceValue(func() map[string]*web.Asset { return web.Assets(files) })

func (c *Companion) serveIndex(w http.ResponseWriter, r *http.Request) {
	if to := web.SlashTarget(r); to != "" { // else the page's relative URLs would miss the prefix
		w.Header().Set("Location", to)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	assets()["page/index.html"].ServeHTTP(w, r)
}

func (c *Companion) servePage(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	a := assets()["page/"+name]
	if a == nil {
		web.NotFound(w, "file", "The page has no file %.64q.", name)
		return
	}
	a.ServeHTTP(w, r)
}

func (c *Companion) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	assets()["openapi.json"].ServeHTTP(w, r)
}
