// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// Below otelhttp alone a router hides its routes, and diagnostics says what helps with that one; wired as the examples are, nothing.
func TestDiagnosticsNameTheRouter(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	plain := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	engine, e, r, router := gin.New(), echo.New(), chi.NewRouter(), mux.NewRouter()
	engine.GET("/users/:id", gin.WrapF(plain))
	e.GET("/users/:id", echo.WrapHandler(http.HandlerFunc(plain)))
	r.Get("/users/{id}", plain)
	router.HandleFunc("/users/{id}", plain)
	for _, tt := range []struct {
		router, instead string
		h               http.Handler
	}{{"gin", "otelgin", engine}, {"echo", "otelecho", e}, {"chi", "otelchi", r}, {"gorilla/mux", "otelmux", router}} {
		t.Run(tt.router, func(t *testing.T) {
			mon, tp := newMonitor(t)
			askUsers(t, otelhttp.NewHandler(mon.Middleware(tt.h), "server", otelhttp.WithTracerProvider(tp)))
			d := mon.Diagnostics()
			if !slices.Equal(d.Routers, []string{tt.router}) || !slices.Equal(d.HintNames, []string{"unrouted"}) {
				t.Fatalf("routers %q, hints %q", d.Routers, d.HintNames)
			}
			if !strings.Contains(d.Hints[0], "Of "+tt.router+": ") || !strings.Contains(d.Hints[0], "; or put "+tt.instead+" in the place of otelhttp, and Middleware around the router") {
				t.Errorf("the hint is %q", d.Hints[0])
			}
		})
	}
	mon, tp := newMonitor(t)
	askUsers(t, Gin(mon, tp))
	if d := mon.Diagnostics(); len(d.Hints) > 0 {
		t.Errorf("with otelgin: %q", d.Hints)
	}
}

func askUsers(t *testing.T, h http.Handler) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	for range 25 {
		get(t, srv.URL+"/users/1", http.StatusOK)
	}
}

// The lines of the command for routers compile here, where the routers are.
func TestLinesForRoutersCompile(t *testing.T) {
	text, err := os.ReadFile("../../cmd/otelperf/internal/doctor/lines_routers.go")
	if err != nil {
		t.Fatal(err)
	}
	const tag = "//go:build ignore\n"
	if !strings.Contains(string(text), tag) {
		t.Fatalf("the file has no %q", tag)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "lines.go")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), tag, "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
