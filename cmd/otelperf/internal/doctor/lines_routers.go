// SPDX-License-Identifier: Apache-2.0

//go:build ignore

package doctor

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

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
	// gin: this first, before the routes
	engine.Use(func(c *gin.Context) { c.Request.Pattern = c.FullPath() })
	handler := otelhttp.NewHandler(mon.Middleware(engine), "shop", otelhttp.WithFilter(mon.Filter)) // served in the place of engine.Run
	_ = handler
}

// For echo.
func Echo() {
	// echo: this first, before the routes
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Request().Pattern = c.Path()
			return next(c)
		}
	})
	handler := otelhttp.NewHandler(mon.Middleware(e), "shop", otelhttp.WithFilter(mon.Filter)) // served in the place of e.Start
	_ = handler
}

// For chi.
func Chi() {
	// chi: this first, before the routes
	r.Use(mon.Middleware)
	handler := otelhttp.NewHandler(r, "shop", otelhttp.WithFilter(mon.Filter))
	_ = handler
}

// For gorilla/mux.
func Gorilla() {
	// gorilla/mux: this first, before the routes
	router.Use(mon.Middleware, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Pattern, _ = mux.CurrentRoute(r).GetPathTemplate()
			next.ServeHTTP(w, r)
		})
	})
	handler := otelhttp.NewHandler(router, "shop", otelhttp.WithFilter(mon.Filter))
	_ = handler
}
