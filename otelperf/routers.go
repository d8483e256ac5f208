// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// router is one that tells neither a Middleware above it nor otelhttp which route it chose.
type router struct {
	name, module string
	own          string // its instrumentation
	how          string // its routes are known without that
}

var knownRouters = []router{
	{"gin", "github.com/gin-gonic/gin", "otelgin", "have a handler in engine.Use set c.Request.Pattern = c.FullPath(), with Middleware around the engine"},
	{"echo", "github.com/labstack/echo", "otelecho", "have a middleware in e.Use set c.Request().Pattern = c.Path(), with Middleware around e"},
	{"chi", "github.com/go-chi/chi", "otelchi", "r.Use(mon.Middleware) inside of the router knows its routes"},
	{"gorilla/mux", "github.com/gorilla/mux", "otelmux",
		"router.Use(mon.Middleware, h) inside of the router, where h sets r.Pattern to the template of mux.CurrentRoute(r)"},
}

// isIn says whether the router comes from a module or package, of any major version.
func (r *router) isIn(path string) bool {
	return path == r.module || strings.HasPrefix(path, r.module+"/v")
}

// linkedRouters are the names of those that the program is built with.
var linkedRouters = sync.OnceValue(func() []string {
	names := []string{}
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return names
	}
	for i := range knownRouters {
		for _, d := range info.Deps {
			if knownRouters[i].isIn(d.Path) {
				names = append(names, knownRouters[i].name)
				break
			}
		}
	}
	return names
})

// handlerKinds are what Middleware may stand around, as far as routes go.
var handlerKinds = []string{"ServeMux", "gin", "echo", "chi", "gorilla/mux", reverseProxy, "other"}

const reverseProxy = "ReverseProxy"

// handlerKind is that of handlerKinds which a handler is.
func handlerKind(h http.Handler) string {
	if _, ok := h.(*http.ServeMux); ok {
		return "ServeMux"
	}
	t := reflect.TypeOf(h)
	if t == nil || t.Kind() != reflect.Pointer {
		return "other"
	}
	for i := range knownRouters {
		if knownRouters[i].isIn(t.Elem().PkgPath()) {
			return knownRouters[i].name
		}
	}
	if t.Elem().PkgPath() == "net/http/httputil" && t.Elem().Name() == reverseProxy {
		return reverseProxy
	}
	return "other"
}

// around is what Middleware stands around.
func (m *Monitor) around() []string {
	kinds, bits := []string{}, m.wired.around.Load()
	for i, kind := range handlerKinds {
		if bits&(1<<i) != 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// routersOf are the known routers among what is around and below, or else those that are linked.
func routersOf(around, below []string) []string {
	if names := onlyRouters(slices.Concat(around, below)); len(names) > 0 {
		return names
	}
	return linkedRouters()
}

// onlyRouters are the known routers among kinds of handlers, each once.
func onlyRouters(kinds []string) []string {
	names := []string{}
	for i := range knownRouters {
		if name := knownRouters[i].name; slices.Contains(kinds, name) {
			names = append(names, name)
		}
	}
	return names
}

const anyRouter = "With another router put its own middleware (otelgin, otelecho, otelchi, otelmux) in the place of otelhttp, and Middleware around the router; " +
	"or have a handler in it, with Middleware next to that or to the router, set the request's Pattern to the router's."

// routerText is what helps below each of some routers, the simplest first; "" of none.
func routerText(names []string) string {
	var b strings.Builder
	for i := range knownRouters {
		if k := &knownRouters[i]; slices.Contains(names, k.name) {
			fmt.Fprintf(&b, "Of %s: %s, below otelhttp; or put %s in the place of otelhttp, and Middleware around the router. ", k.name, k.how, k.own)
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}
