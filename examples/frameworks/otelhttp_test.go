// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/otelperf/otelperf-go/otelperf"
)

func users(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "user") }

// belowOtelhttp are routers wired as diagnostics and the command say, without their own instrumentation: inside is what Middleware stands
// around next to otelhttp or a ServeMux.
var belowOtelhttp = map[string]func(mon *otelperf.Monitor, prefix string) (inside http.Handler){
	"gin": func(mon *otelperf.Monitor, prefix string) http.Handler {
		engine := gin.New()
		engine.Use(func(c *gin.Context) { c.Request.Pattern = c.FullPath() })
		engine.GET(prefix+"/users/:id", gin.WrapF(users))
		return mon.Middleware(engine)
	},
	"echo": func(mon *otelperf.Monitor, prefix string) http.Handler {
		e := echo.New()
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				c.Request().Pattern = c.Path()
				return next(c)
			}
		})
		e.GET(prefix+"/users/:id", echo.WrapHandler(http.HandlerFunc(users)))
		return mon.Middleware(e)
	},
	"chi": func(mon *otelperf.Monitor, prefix string) http.Handler {
		r := chi.NewRouter()
		r.Use(mon.Middleware)
		r.Route(prefix+"/users", func(r chi.Router) { r.Get("/{id}", users) })
		return r
	},
	"gorilla/mux": func(mon *otelperf.Monitor, prefix string) http.Handler {
		router := mux.NewRouter()
		router.Use(mon.Middleware, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Pattern, _ = mux.CurrentRoute(r).GetPathTemplate()
				next.ServeHTTP(w, r)
			})
		})
		router.HandleFunc(prefix+"/users/{id}", users)
		return router
	},
}

// What diagnostics says of a router below otelhttp gives its routes, at the root, below a ServeMux, and behind http.StripPrefix there.
func TestRoutersBelowOtelhttp(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	for name, build := range belowOtelhttp {
		param := map[bool]string{true: ":id", false: "{id}"}[name == "gin" || name == "echo"]
		for place, wire := range map[string]func(*otelperf.Monitor) (http.Handler, string){
			"alone": func(mon *otelperf.Monitor) (http.Handler, string) { return build(mon, ""), "" },
			"below a mux": func(mon *otelperf.Monitor) (http.Handler, string) {
				above := http.NewServeMux()
				above.Handle("/api/", build(mon, "/api"))
				return mon.Middleware(above), "/api"
			},
			"behind StripPrefix": func(mon *otelperf.Monitor) (http.Handler, string) {
				above := http.NewServeMux()
				above.Handle("/api/", http.StripPrefix("/api", build(mon, "")))
				return mon.Middleware(above), "/api"
			},
		} {
			t.Run(name+" "+place, func(t *testing.T) {
				mon, tp := newMonitor(t)
				h, prefix := wire(mon)
				srv := httptest.NewServer(otelhttp.NewHandler(h, "server", otelhttp.WithTracerProvider(tp), otelhttp.WithFilter(mon.Filter)))
				for range 25 {
					get(t, srv.URL+prefix+"/users/1", http.StatusOK)
				}
				get(t, srv.URL+"/none", http.StatusNotFound)
				srv.Close() // the last span has ended
				got := map[string]uint64{}
				for _, row := range mon.Summary(otelperf.WindowAll).Endpoints {
					got[row.Name()] = row.Count
				}
				if want := map[string]uint64{"GET " + prefix + "/users/" + param: 25, "GET (unmatched)": 1}; !maps.Equal(got, want) {
					t.Errorf("rows %v, want %v", got, want)
				}
				if d := mon.Diagnostics(); len(d.Hints) > 0 {
					t.Errorf("hints %q", d.Hints)
				}
			})
		}
	}
}

// A router below a ServeMux is named, and no other one.
func TestSubtreesNameTheirRouter(t *testing.T) {
	mon, tp := newMonitor(t)
	r := chi.NewRouter()
	r.Get("/api/users/{id}", users)
	above := http.NewServeMux()
	above.Handle("/api/", r)
	srv := httptest.NewServer(otelhttp.NewHandler(mon.Middleware(above), "server", otelhttp.WithTracerProvider(tp)))
	defer srv.Close()
	for range 25 {
		get(t, srv.URL+"/api/users/1", http.StatusOK)
	}
	d := mon.Diagnostics()
	want := "25 requests are in a row of a whole subtree, GET /api/: another router decides below it. Of chi: r.Use(mon.Middleware) inside of the router " +
		"knows its routes, below otelhttp; or put otelchi in the place of otelhttp, and Middleware around the router."
	if !slices.Equal(d.Hints, []string{want}) || !slices.Equal(d.Below, []string{"chi"}) || !slices.Equal(d.Around, []string{"ServeMux"}) || !slices.Equal(d.Routers, []string{"chi"}) {
		t.Errorf("hints %q, around %q, below %q, routers %q", d.Hints, d.Around, d.Below, d.Routers)
	}
}
