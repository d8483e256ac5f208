// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"io"
	"net/http"
)

// events is a stream that its client ends, half a reply that its client does not wait for. Both are plain net/http: each router
// takes such handlers.
func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	begin(w, r, "data: 1\n\n")
}

func half(w http.ResponseWriter, r *http.Request) { begin(w, r, "the beginning") }

func begin(w http.ResponseWriter, r *http.Request, text string) {
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}
