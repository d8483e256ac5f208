// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
)

// TestEachServiceHasAPath: of its own, that leads to it, whatever it is called, and by which a browser finds it.
func TestEachServiceHasAPath(t *testing.T) {
	p := New(views.Settings{Most: 100, MaxStreams: 1, Idle: time.Hour, Logger: slog.New(slog.DiscardHandler), Guard: access.New(access.Config{Authorizer: func(*http.Request) bool { return true }})})
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	typ := component.MustNewType("otelperf")
	names := map[component.ID][]fleet.Name{
		component.NewID(typ): {
			{Name: "mail"}, {Namespace: "shop", Name: "checkout"}, {Name: "shop/checkout"}, {Name: "shop%2Fcheckout"}, {Namespace: "a", Name: "b/c"}, {Namespace: "a/b", Name: "c"},
			{Name: "x@b"}, {Namespace: "n", Name: "x@b"}, {Name: "."}, {Name: ".."}, {Namespace: ".", Name: ".."}, {Name: "%2E"}, {Name: "(other)"}, {Name: "%28other)"},
			{Namespace: "a", Name: "(other)"}, {}, {Name: "%"}, {Namespace: "a"}, {Name: `a\b?c#d`},
		},
		component.NewIDWithName(typ, "b"):   {{Name: "x"}, {Namespace: "n", Name: "x"}, {Name: "."}, {Name: "(other)"}, {}},
		component.NewIDWithName(typ, "c@b"): {{Name: "x"}},
	}
	for id, of := range names {
		f, err := fleet.New(fleet.Settings{MaxServices: len(of)})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range append(of, fleet.Name{Name: "one beyond"}) {
			f.Service(n)
		}
		defer p.Show(id, f, nil)()
	}
	want := map[string]bool{}
	base, err := url.Parse("http://localhost/below/")
	if err != nil {
		t.Fatal(err)
	}
	total, rest := 0, 0
	for _, one := range p.fleets() {
		for _, s := range one.fleet.Services() {
			total++
			path := one.service(s).Path
			if want[path] {
				t.Errorf("%q is the path of two services", path)
			}
			want[path] = true
			if s.Name() == fleet.Other {
				rest++
			}
			ref, err := url.Parse(path + "summary") // as a browser does
			if err != nil {
				t.Fatal(err)
			}
			asked := base.ResolveReference(ref).EscapedPath()[len("/below"):]
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, asked, nil))
			var sum struct{ Service, Namespace string }
			if err := json.Unmarshal(w.Body.Bytes(), &sum); err != nil || w.Code != http.StatusOK {
				t.Errorf("%+v of %s at %s: %d", s.Name(), one.connector, path, w.Code)
				continue
			}
			slug, err := url.PathUnescape(path[len("services/") : len(path)-1])
			if found, _ := p.find(slug); err != nil || found != s || sum.Service != s.Name().Name && s.Name().Name != "" {
				t.Errorf("%s leads to %+v, want %+v", path, sum, s.Name())
			}
		}
	}
	if total != 19+5+1+3 || rest != 3 {
		t.Errorf("%d services and %d rests, want %d and 3", total, rest, 19+5+1+3)
	}
	for _, path := range []string{"services/mail/", "services/shop%2Fcheckout/", "services/x@b/", "services/%28other%29/"} { // as the README says
		if !want[path] {
			t.Errorf("none has the path %s of %v", path, want)
		}
	}
}
