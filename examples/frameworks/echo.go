// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"go.opentelemetry.io/contrib/instrumentation/github.com/labstack/echo/otelecho" //nolint:staticcheck // deprecated in favour of one that the echo project maintains
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Echo is an instance of echo v4 with otelecho. Routes are found in http.route (/users/:id).
func Echo(mon *otelperf.Monitor, tp trace.TracerProvider) http.Handler {
	e := echo.New()
	e.Use(otelecho.Middleware("shop", otelecho.WithTracerProvider(tp), otelecho.WithSkipper(func(c echo.Context) bool { return !mon.Filter(c.Request()) })),
		middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true, LogErrorFunc: func(echo.Context, error, []byte) error { return echo.ErrInternalServerError }}))
	e.GET("/users/:id", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
	e.GET("/slow", func(c echo.Context) error { time.Sleep(slowFor); return c.NoContent(http.StatusOK) })
	e.GET("/fail", func(c echo.Context) error { return c.NoContent(http.StatusBadGateway) })
	e.GET("/panic", func(echo.Context) error { panic("echo") })
	e.GET("/events", echo.WrapHandler(http.HandlerFunc(events)))
	e.GET("/half", echo.WrapHandler(http.HandlerFunc(half)))
	return mon.Middleware(e)
}
