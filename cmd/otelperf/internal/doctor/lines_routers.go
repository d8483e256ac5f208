// SPDX-License-Identifier: Apache-2.0

//go:build ignore

package doctor

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"github.com/riandyrn/otelchi"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gorilla/mux/otelmux"
	"go.opentelemetry.io/contrib/instrumentation/github.com/labstack/echo/otelecho"

	"github.com/otelperf/otelperf-go/otelperf"
)

var (
	mon    *otelperf.Monitor
	engine *gin.Engine
	e      *echo.Echo
	r      *chi.Mux
	router *mux.Router
)

// For gin.
func Gin() {
	// gin: instead of otelhttp, before the routes
	engine.Use(otelgin.Middleware("shop", otelgin.WithFilter(mon.Filter)))
	srv := &http.Server{Handler: mon.Middleware(engine)} // instead of engine.Run
	_ = srv
}

// For echo.
func Echo() {
	// echo: instead of otelhttp, before the routes
	e.Use(otelecho.Middleware("shop", otelecho.WithSkipper(func(c echo.Context) bool { return !mon.Filter(c.Request()) })))
	srv := &http.Server{Handler: mon.Middleware(e)} // instead of e.Start
	_ = srv
}

// For chi.
func Chi() {
	// chi: instead of otelhttp, before the routes
	r.Use(otelchi.Middleware("shop", otelchi.WithChiRoutes(r), otelchi.WithFilter(mon.Filter)))
	srv := &http.Server{Handler: mon.Middleware(r)}
	_ = srv
}

// For gorilla/mux.
func Gorilla() {
	// gorilla/mux: instead of otelhttp; what no route matches needs it of its own
	router.Use(otelmux.Middleware("shop", otelmux.WithFilter(mon.Filter)))
	router.NotFoundHandler = otelmux.Middleware("shop")(http.NotFoundHandler())
	srv := &http.Server{Handler: mon.Middleware(router)}
	_ = srv
}
