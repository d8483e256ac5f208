// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"sync"
	"time"
)

//go:embed page openapi.json
var files embed.FS

// pagePolicy lets the page load its own files and ask its own server, and nothing else. Trusted types make the browser
// refuse to turn any string into markup or script.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// pageTypes are the media types of the page's files; what is not in it is not served.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".json": "application/json",
}

// asset is an embedded file in the two forms in which it is sent.
type asset struct {
	kind             string
	plain, zipped    []byte
	etag, zippedEtag string
}

// assets are the files by path. They are read once, when the first of them is asked for.
var assets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	entries, err := files.ReadDir("page")
	if err != nil { // cannot be: it is embedded
		return all
	}
	names := []string{"openapi.json"}
	for _, e := range entries {
		names = append(names, "page/"+e.Name())
	}
	for _, name := range names {
		kind := pageTypes[path.Ext(name)]
		if body, err := files.ReadFile(name); err == nil && kind != "" {
			all[name] = newAsset(kind, body)
		}
	}
	return all
})

func newAsset(kind string, body []byte) *asset {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:12])
	return &asset{kind: kind, plain: body, zipped: compress(body), etag: `"` + tag + `"`, zippedEtag: `"` + tag + `-gzip"`}
}

// serve answers with the file, or with 304 for a client that has it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-cache")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Add("Vary", "Accept-Encoding")
	body, etag := a.plain, a.etag
	if len(body) > gzipFrom && acceptsGzip(r) {
		body, etag = a.zipped, a.zippedEtag
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func (m *Monitor) serveIndex(w http.ResponseWriter, r *http.Request) {
	if to := withSlash(r); to != "" { // else the page's relative URLs would miss the prefix
		w.Header().Set("Location", to)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	assets()["page/index.html"].serve(w, r)
}

func (m *Monitor) servePage(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	a := assets()["page/"+name]
	if a == nil {
		notFound(w, "file", "The page has no file %.64q.", name)
		return
	}
	a.serve(w, r)
}

func (m *Monitor) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	assets()["openapi.json"].serve(w, r)
}
