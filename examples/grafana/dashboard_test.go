// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dashboard is what the tests look at of a dashboard.
type dashboard struct {
	ID            *int   `json:"id"`
	UID           string `json:"uid"`
	Title         string `json:"title"`
	Description   string `json:"description"`
	SchemaVersion int    `json:"schemaVersion"`
	Refresh       string `json:"refresh"`
	Requires      []struct {
		Type, ID string
	} `json:"__requires"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []annotation `json:"list"`
	} `json:"annotations"`
	Panels []panel `json:"panels"`
}

type variable struct {
	Name, Type, Label, Description string
	Query                          json.RawMessage
	Datasource                     datasource
	AllValue                       string
}

type annotation struct {
	BuiltIn    int
	Expr       string
	Datasource datasource
	Target     *target
	TextFormat string
}

type datasource struct{ Type, UID string }

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               datasource
	Targets                  []target
	FieldConfig              struct {
		Defaults  defaults
		Overrides []override
	}
	Options         json.RawMessage
	Transformations json.RawMessage
}

type defaults struct {
	Unit       string
	Thresholds struct {
		Mode  string
		Steps []struct {
			Color string
			Value *float64
		}
	}
}

type override struct {
	Matcher struct {
		ID      string
		Options string
	}
	Properties []struct {
		ID    string
		Value any
	}
}

// target is a query, of either data source.
type target struct {
	RefID      string
	Datasource datasource

	Type, Parser, Source, Format, URL string
	URLOptions                        struct {
		Method string
		Params []struct{ Key, Value string }
	} `json:"url_options"`
	RootSelector string `json:"root_selector"`
	Columns      []struct{ Selector, Text, Type string }

	Expr, LegendFormat       string
	Range, Instant, Exemplar bool
}

func load(t *testing.T, name string) *dashboard {
	t.Helper()
	raw, err := os.ReadFile(name)
	must(t, err)
	d := &dashboard{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	must(t, decoder.Decode(d))
	if decoder.More() {
		t.Errorf("%s goes on after its end", name)
	}
	return d
}

func TestDashboardsAreComplete(t *testing.T) {
	for name, source := range map[string]string{"infinity.json": "yesoreyeram-infinity-datasource", "prometheus.json": "prometheus"} {
		t.Run(name, func(t *testing.T) {
			d := load(t, name)
			if d.ID != nil || d.UID != "otelperf-"+strings.TrimSuffix(name, ".json") || len(d.UID) > 40 || d.SchemaVersion < 39 || d.Title == "" || d.Description == "" || d.Refresh == "" {
				t.Errorf("id %v, uid %q, schema %d, title %q, refresh %q: Grafana would not import it as it is", d.ID, d.UID, d.SchemaVersion, d.Title, d.Refresh)
			}
			if len(d.Panels) < 10 {
				t.Fatalf("%d panels: the test reads the file wrongly", len(d.Panels))
			}
			plugins := map[string]bool{}
			for _, r := range d.Requires {
				plugins[r.ID] = true
			}
			if !plugins[source] || !plugins["grafana"] {
				t.Errorf("__requires has %v, not %s and grafana", slices.Sorted(maps.Keys(plugins)), source)
			}
			ids := map[int]string{}
			for i := range d.Panels {
				p := &d.Panels[i]
				if other, ok := ids[p.ID]; ok || p.ID <= 0 {
					t.Errorf("%q has the id %d, like %q", p.Title, p.ID, other)
				}
				ids[p.ID] = p.Title
				if !plugins[p.Type] {
					t.Errorf("%q is a %s, which __requires has not", p.Title, p.Type)
				}
				complete(t, p, source)
			}
			layout(t, d.Panels)
			variables(t, name, d)
		})
	}
}

// complete checks that a panel says what it shows, in which unit, and where it gets it.
func complete(t *testing.T, p *panel, source string) {
	t.Helper()
	f := &p.FieldConfig.Defaults
	if p.Title == "" || p.Description == "" || f.Unit == "" || len(f.Thresholds.Steps) == 0 || f.Thresholds.Steps[0].Value != nil || len(p.Targets) == 0 {
		t.Errorf("panel %d (%q) lacks a title, description, unit, thresholds from a base, or queries", p.ID, p.Title)
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if refs[q.RefID] || q.RefID == "" {
			t.Errorf("%q has two queries %q", p.Title, q.RefID)
		}
		refs[q.RefID] = true
		for _, ds := range []datasource{p.Datasource, q.Datasource} {
			if ds.UID != "${datasource}" || ds.Type != source {
				t.Errorf("%q asks %+v, not the chosen data source", p.Title, ds)
			}
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.ID == "byFrameRefID" && !refs[o.Matcher.Options] {
			t.Errorf("%q has an override for query %s, which it has not", p.Title, o.Matcher.Options)
		}
	}
	for _, m := range regexp.MustCompile(`Value #(\w+)|configRefId": ?"(\w+)`).FindAllStringSubmatch(string(p.Transformations), -1) {
		if !refs[m[1]+m[2]] {
			t.Errorf("%q transforms query %s, which it has not", p.Title, m[1]+m[2])
		}
	}
}

// layout checks that panels are on the grid of 24 columns and that no two overlap.
func layout(t *testing.T, panels []panel) {
	t.Helper()
	taken := map[[2]int]string{}
	for i := range panels {
		p, g := &panels[i], panels[i].GridPos
		if g.W < 1 || g.H < 2 || g.X < 0 || g.Y < 0 || g.X+g.W > 24 {
			t.Errorf("%q lies outside of the grid: %+v", p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("%q lies on %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// variables checks that those that are used are there, and that those that are there are used.
func variables(t *testing.T, name string, d *dashboard) {
	t.Helper()
	raw, err := os.ReadFile(name)
	must(t, err)
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{?([a-z]\w*)`).FindAllStringSubmatch(string(raw), -1) {
		used[m[1]] = true
	}
	for _, v := range d.Templating.List {
		if v.Label == "" || v.Description == "" {
			t.Errorf("variable %s has no label or description", v.Name)
		}
		if !used[v.Name] {
			t.Errorf("variable %s is not used", v.Name)
		}
		delete(used, v.Name)
	}
	if len(used) > 0 {
		t.Errorf("variables that are used, but not there: %v", slices.Sorted(maps.Keys(used)))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
