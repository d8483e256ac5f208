// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// shop is the service itself.
type shop struct {
	tracer         trace.Tracer
	slowFrom, till time.Time
}

func newShop(slowFrom time.Time) *shop {
	return &shop{otel.Tracer("shop"), slowFrom, slowFrom.Add(20 * time.Second)}
}

func (s *shop) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /products/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.query(r.Context(), "SELECT products", 2*time.Millisecond)
		if rand.IntN(100) == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	mux.HandleFunc("GET /checkout", s.checkout)
	return mux
}

// checkout asks for each item of the cart by itself, which is bad, and does so slowly during the incident.
func (s *shop) checkout(_ http.ResponseWriter, r *http.Request) {
	each := 2 * time.Millisecond
	if now := time.Now(); now.After(s.slowFrom) && now.Before(s.till) {
		each = 60 * time.Millisecond
	}
	for range 10 {
		s.query(r.Context(), "SELECT items", each)
	}
}

// query stands for a call to a database.
func (s *shop) query(ctx context.Context, name string, d time.Duration) {
	_, span := s.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", name)))
	defer span.End()
	time.Sleep(d)
}

// customers sends about 100 requests a second until ctx ends.
func customers(ctx context.Context, url string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		for _, path := range []string{"/checkout", fmt.Sprintf("/products/%d", n)} {
			wg.Go(func() { visit(ctx, url+path) })
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

func visit(ctx context.Context, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}
