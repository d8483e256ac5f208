// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Gin is an engine with otelgin. Routes are found in http.route, in gin's own notation (/users/:id); a request that matches
// none has neither route nor name, and counts as (unmatched). A gin middleware is no http.Handler: Middleware goes around the engine,
// which is what http.Server gets instead of engine.Run. Streams and clients that left are told apart all the same.
func Gin(mon *otelperf.Monitor, tp trace.TracerProvider) http.Handler {
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }),
		otelgin.Middleware("shop", otelgin.WithTracerProvider(tp), otelgin.WithFilter(mon.Filter)))
	engine.GET("/users/:id", func(c *gin.Context) { c.String(http.StatusOK, c.Param("id")) })
	engine.GET("/slow", func(*gin.Context) { time.Sleep(slowFor) })
	engine.GET("/fail", func(c *gin.Context) { c.Status(http.StatusBadGateway) })
	engine.GET("/panic", func(*gin.Context) { panic("gin") })
	engine.GET("/events", gin.WrapF(events))
	engine.GET("/half", gin.WrapF(half))
	return mon.Middleware(engine)
}
