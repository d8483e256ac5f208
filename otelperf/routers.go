// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
)

// router is one that tells neither a Middleware above it nor otelhttp which route it chose.
type router struct{ name, module, own string }

var knownRouters = []router{
	{"gin", "github.com/gin-gonic/gin", "otelgin"}, {"echo", "github.com/labstack/echo", "otelecho"},
	{"chi", "github.com/go-chi/chi", "otelchi"}, {"gorilla/mux", "github.com/gorilla/mux", "otelmux"},
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

// routerOf is the name of the router that a handler is; "" if it is none that is known.
func routerOf(h http.Handler) string {
	t := reflect.TypeOf(h)
	if t == nil || t.Kind() != reflect.Pointer {
		return ""
	}
	for i := range knownRouters {
		if knownRouters[i].isIn(t.Elem().PkgPath()) {
			return knownRouters[i].name
		}
	}
	return ""
}

// noteRouter notes that Middleware stands around a router.
func (m *Monitor) noteRouter(h http.Handler) {
	if name := routerOf(h); name != "" {
		m.wired.router.Store(&name)
	}
}

// routers are the names of those that may decide here: the one that Middleware stands around, or else all that are linked.
func (m *Monitor) routers() []string {
	if name := m.wired.router.Load(); name != nil {
		return []string{*name}
	}
	return linkedRouters()
}

const (
	anyRouter = "With gin, echo, chi or gorilla/mux use its own middleware (otelgin, otelecho, otelchi, otelmux) instead of otelhttp; or put Middleware " +
		"inside of otelhttp, and below the router a handler that sets the request's Pattern or the span's http.route to the router's pattern."
	belowRouter = "in the place of otelhttp, and Middleware around the router; or leave otelhttp, with Middleware inside of it, and have a handler below the router " +
		"set the request's Pattern to the router's pattern."
)

// routerText is what helps where another router than a ServeMux decides.
func routerText(names []string) string {
	var own []string
	for i := range knownRouters {
		for _, name := range names {
			if knownRouters[i].name == name {
				own = append(own, knownRouters[i].own)
			}
		}
	}
	if len(own) == 0 {
		return anyRouter
	}
	return "This program has " + strings.Join(names, ", ") + ": put " + strings.Join(own, ", ") + " " + belowRouter
}
