// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// shop is the service that is measured.
type shop struct {
	db        *database
	dice      *dice
	client    *http.Client // instrumented: its calls are client spans
	inventory string       // URL
	story     *story
}

// newShop returns the shop's handler as a service with otelperf has it: the mux inside Middleware, that inside
// otelhttp, and the companion endpoint, which mon.Filter keeps out of the numbers, on the same mux.
func newShop(t *telemetry, inventory string, told *story) http.Handler {
	s := &shop{
		story: told,
		db:    newDatabase(t.traces), dice: newDice(1), inventory: inventory,
		client: &http.Client{Transport: otelhttp.NewTransport(newTransport(), t.http()...)},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /products", s.products)
	mux.HandleFunc("GET /products/{id}", s.product)
	mux.HandleFunc("GET /checkout", s.checkout)
	mux.HandleFunc("POST /orders", s.order)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /panic", s.crash)
	mux.Handle("GET /healthz", t.mon.HealthHandler())
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", t.mon.Handler()))
	return otelhttp.NewHandler(t.mon.Middleware(mux), "shop", append(t.http(), otelhttp.WithFilter(t.mon.Filter))...)
}

// newTransport keeps connections open: at many requests a second, net/http's default of two for a host would make
// a new one for nearly each.
func newTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: maxConcurrent, IdleConnTimeout: time.Minute}
}

// products is fast: one query.
func (s *shop) products(w http.ResponseWriter, r *http.Request) {
	if err := s.db.query(r.Context(), "SELECT products", time.Millisecond); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, []string{"teapot", "kettle", "samovar"})
}

// product is medium: a query, and a call of the inventory service.
func (s *shop) product(w http.ResponseWriter, r *http.Request) {
	s.story.price()
	if err := s.db.query(r.Context(), "SELECT products", 2*time.Millisecond); err != nil {
		fail(w, err)
		return
	}
	if err := s.call(r.Context(), http.MethodGet, "/stock/"+r.PathValue("id")); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"id": r.PathValue("id"), "name": "teapot"})
}

// checkout is slow for the two usual reasons: it asks the database once for each article in the cart (N+1), and then waits
// for another service.
func (s *shop) checkout(w http.ResponseWriter, r *http.Request) {
	if err := s.db.query(r.Context(), "SELECT carts", 2*time.Millisecond); err != nil {
		fail(w, err)
		return
	}
	for range s.dice.between(8, 24) {
		if err := s.db.query(r.Context(), "SELECT articles", 3*time.Millisecond); err != nil {
			fail(w, err)
			return
		}
	}
	if err := s.call(r.Context(), http.MethodPost, "/reservations"); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"reserved": true})
}

// maxOrder bounds the body of an order, in bytes.
const maxOrder = 4096

// order fails now and then: one in twenty-five finds the database unwell.
func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Articles []string `json:"articles"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil || len(order.Articles) == 0 {
		http.Error(w, "an order needs articles", http.StatusBadRequest)
		return
	}
	if err := s.db.query(r.Context(), "INSERT orders", 6*time.Millisecond); err != nil {
		fail(w, err)
		return
	}
	if s.dice.chance(0.04) {
		http.Error(w, "the order was not saved: deadlock detected", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusCreated, map[string]int{"articles": len(order.Articles)})
}

// events is a short stream of server-sent events: open for a while, so its time says nothing about latency.
func (s *shop) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	for i := range 3 {
		if _, err := fmt.Fprintf(w, "event: sale\ndata: %d\n\n", i); err != nil {
			return
		}
		if flusher.Flush() != nil || s.dice.wait(r.Context(), 100*time.Millisecond, 0) != nil {
			return
		}
	}
}

func (s *shop) crash(http.ResponseWriter, *http.Request) {
	panic("shop: voucher without a value")
}

// call asks the inventory service.
func (s *shop) call(ctx context.Context, method, path string) error {
	req, err := http.NewRequestWithContext(ctx, method, s.inventory+path, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	_ = resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("inventory answered %s", resp.Status)
	}
	return err
}

func fail(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusBadGateway)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that left is no concern
}
