// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// pagePolicy lets a page load its own files and ask its own server, and nothing else. Trusted types make the browser
// refuse to turn any string into markup or script.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// assetTypes are the media types of files; what is not in it is not served.
var assetTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".json": "application/json",
}

// Asset is an embedded file in the two forms in which it is sent.
type Asset struct {
	kind             string
	plain, zipped    []byte
	etag, zippedEtag string
}

// Assets reads all files of a file system whose type is known, by their paths.
func Assets(files fs.FS) map[string]*Asset {
	all := map[string]*Asset{}
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if kind := assetTypes[path.Ext(name)]; err == nil && kind != "" {
			all[name] = newAsset(kind, body)
		}
		return err
	}) // no error: the files are in the binary
	return all
}

func newAsset(kind string, body []byte) *Asset {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:12])
	return &Asset{kind: kind, plain: body, zipped: compress(body), etag: `"` + tag + `"`, zippedEtag: `"` + tag + `-gzip"`}
}

// ServeHTTP answers with the file, or with 304 for a client that has it.
func (a *Asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
