// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gorilla/mux/otelmux"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Gorilla is a gorilla/mux router with otelmux. The router runs its middleware only for what matched: requests without a
// route make no span, so nobody counts them, unless Router.NotFoundHandler is instrumented, as here. otelmux names their spans
// after the method as it was sent, which a client can choose at will; named HTTP, they count as (unmatched).
func Gorilla(mon *otelperf.Monitor, tp trace.TracerProvider) http.Handler {
	r := mux.NewRouter()
	instrument := otelmux.Middleware("shop", otelmux.WithTracerProvider(tp), otelmux.WithFilter(mon.Filter), otelmux.WithSpanNameFormatter(gorillaName))
	r.Use(instrument)
	r.NotFoundHandler = instrument(http.NotFoundHandler())
	r.HandleFunc("/users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(mux.Vars(r)["id"])) }).Methods(http.MethodGet)
	r.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { time.Sleep(slowFor) })
	r.HandleFunc("/fail", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	r.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("gorilla") })
	r.HandleFunc("/events", events)
	r.HandleFunc("/half", half)
	return mon.Middleware(r)
}

func gorillaName(route string, r *http.Request) string {
	if mux.CurrentRoute(r) == nil {
		return "HTTP"
	}
	return r.Method + " " + route
}
