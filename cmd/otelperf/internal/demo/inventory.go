// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"net/http"
	"time"
)

// newInventory is the service that the shop calls. It stands for somebody else's: it has no telemetry here, and it is why
// checkout is slow.
func newInventory() http.Handler {
	d := newDice(2)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stock/{sku}", func(w http.ResponseWriter, r *http.Request) {
		if d.wait(r.Context(), 4*time.Millisecond, 0.4) == nil {
			writeJSON(w, http.StatusOK, map[string]any{"sku": r.PathValue("sku"), "in_stock": d.between(0, 50)})
		}
	})
	mux.HandleFunc("POST /reservations", func(w http.ResponseWriter, r *http.Request) {
		if d.wait(r.Context(), 220*time.Millisecond, 0.5) == nil {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	return mux
}
