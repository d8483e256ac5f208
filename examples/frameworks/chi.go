// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/riandyrn/otelchi"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Chi is a chi router with otelchi, which is not one of OpenTelemetry's own. It needs WithChiRoutes to know the route before
// the handler has run. Requests that match no route it calls "/": a name without a method is none, so they are counted as (unmatched).
func Chi(mon *otelperf.Monitor, tp trace.TracerProvider) http.Handler {
	r := chi.NewRouter()
	r.Use(otelchi.Middleware("shop", otelchi.WithTracerProvider(tp), otelchi.WithChiRoutes(r), otelchi.WithFilter(mon.Filter)), middleware.Recoverer)
	r.Get("/users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(chi.URLParam(r, "id"))) })
	r.Get("/slow", func(http.ResponseWriter, *http.Request) { time.Sleep(slowFor) })
	r.Get("/fail", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	r.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("chi") })
	r.Get("/events", events)
	r.Get("/half", half)
	return mon.Middleware(r)
}
