// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Every route is in openapi.json, and every path of it is a route: the companion's or the access guard's.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	text, err := files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var documented []string
	for path, methods := range doc.Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	routes := []string{"POST /login", "POST /logout"}
	c := &Companion{}
	for _, table := range []map[string]http.HandlerFunc{c.routes(), c.eventRoutes(nil)} {
		for pattern := range table {
			routes = append(routes, strings.TrimSuffix(pattern, "{$}"))
		}
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if !slices.Equal(routes, documented) {
		t.Errorf("routes     %v\ndocumented %v", routes, documented)
	}
}
