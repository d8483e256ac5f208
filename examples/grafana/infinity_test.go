// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// chosen are values of the variables. The first is what the data source makes of a quoted one.
var chosen = strings.NewReplacer("${route:doublequote}", `"/checkout"`, "$method", "GET", "$route", "/checkout", "$window", "1h")

// mayBeNull are columns without a value while the spike is open, and in the answer to a check that passed.
var mayBeNull = []string{"end"}

// TestInfinityQueriesFindTheirFields asks a Monitor whatever the dashboard asks. A field that is renamed, or that has
// become another type, would leave a panel empty.
func TestInfinityQueriesFindTheirFields(t *testing.T) {
	d := load(t, "infinity.json")
	queries := d.queries(t)
	paths := map[string]bool{}
	duringSpike(t, func(t *testing.T, s *service) {
		for title, targets := range queries {
			for _, q := range targets {
				paths[q.URL] = true
				query(t, s, title, &q)
			}
		}
	})
	for _, want := range []string{"/summary", "/endpoints", "/endpoints/series", "/slow", "/spikes", "/dependencies", "/health"} {
		if !paths[want] {
			t.Errorf("no panel asks %s", want)
		}
	}
}

// queries are those of panels, variables and annotations, by what they are for.
func (d *dashboard) queries(t *testing.T) map[string][]target {
	t.Helper()
	all := map[string][]target{}
	for i := range d.Panels {
		all[d.Panels[i].Title] = d.Panels[i].Targets
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		var q struct {
			QueryType     string
			InfinityQuery target
		}
		must(t, json.Unmarshal(v.Query, &q))
		if q.QueryType != "infinity" {
			t.Errorf("variable %s has a query of type %q", v.Name, q.QueryType)
		}
		all["variable "+v.Name] = []target{q.InfinityQuery}
	}
	for _, a := range d.Annotations.List {
		if a.BuiltIn == 0 {
			all["annotation"] = append(all["annotation"], *a.Target)
		}
	}
	return all
}

// query asks as the data source does, and checks the answer's columns.
func query(t *testing.T, s *service, title string, q *target) {
	t.Helper()
	if q.Type != "json" || q.Parser != "backend" || q.Source != "url" || q.URLOptions.Method != http.MethodGet || len(q.Columns) == 0 {
		t.Errorf("%s: a query of type %s, parser %s, source %s, method %s, %d columns", title, q.Type, q.Parser, q.Source, q.URLOptions.Method, len(q.Columns))
	}
	values := url.Values{}
	for _, p := range q.URLOptions.Params {
		values.Set(p.Key, chosen.Replace(p.Value))
	}
	status, body := s.get(q.URL + "?" + values.Encode())
	if status != http.StatusOK {
		t.Errorf("%s: GET %s?%s answers %d: %s", title, q.URL, values.Encode(), status, body)
		return
	}
	var answer map[string]any
	must(t, json.Unmarshal(body, &answer))
	found, err := rows(answer, chosen.Replace(q.RootSelector))
	if err != nil || len(found) == 0 {
		t.Errorf("%s: %d rows in GET %s: %v", title, len(found), q.URL, err)
		return
	}
	for _, c := range q.Columns {
		column(t, title, found, c.Selector, c.Type)
	}
	if q.Format == "timeseries" && q.Columns[0].Type != "timestamp" {
		t.Errorf("%s: a time series whose first column is no time", title)
	}
}

// column checks that a field is there, has a value in some row, and that all its values are of the type that is expected.
func column(t *testing.T, title string, found []map[string]any, selector, kind string) {
	t.Helper()
	values := 0
	for _, row := range found {
		v, _ := field(row, selector)
		if v == nil {
			continue
		}
		values++
		ok := false
		switch kind {
		case "number":
			_, ok = v.(float64)
		case "string":
			_, ok = v.(string)
		case "timestamp":
			text, _ := v.(string)
			_, err := time.Parse(time.RFC3339, text)
			ok = err == nil
		}
		if !ok {
			t.Errorf("%s: %s is %v, no %s", title, selector, v, kind)
		}
	}
	if slices.Contains(mayBeNull, selector) {
		_, ok := field(found[0], selector)
		if !ok {
			t.Errorf("%s: no field %s", title, selector)
		}
	} else if values == 0 {
		t.Errorf("%s: %s is in none of %d rows, as for %v", title, selector, len(found), found[0])
	}
}

// TestInfinityUnits checks that what is in milliseconds is shown so, and that overrides are for columns that exist.
func TestInfinityUnits(t *testing.T) {
	d := load(t, "infinity.json")
	for i := range d.Panels {
		p := &d.Panels[i]
		units := map[string]string{}
		for _, o := range p.FieldConfig.Overrides {
			units[o.Matcher.Options] = ""
			for _, property := range o.Properties {
				if property.ID == "unit" {
					units[o.Matcher.Options], _ = property.Value.(string)
				}
			}
		}
		for _, q := range p.Targets {
			for _, c := range q.Columns {
				unit := units[c.Text]
				if unit == "" {
					unit = p.FieldConfig.Defaults.Unit
				}
				if strings.HasSuffix(c.Selector, "_ms") != (unit == "ms") && c.Type == "number" {
					t.Errorf("%q shows %s in %q", p.Title, c.Selector, unit)
				}
				delete(units, c.Text)
			}
		}
		if len(units) > 0 {
			t.Errorf("%q has overrides for columns that it has not: %v", p.Title, units)
		}
		stat := strings.Trim(readOption(t, p, "fields"), "/^$")
		if p.Type == "stat" && strings.ReplaceAll(stat, `\/`, "/") != p.Targets[0].Columns[0].Text {
			t.Errorf("%q shows the field %q, its query has %q", p.Title, stat, p.Targets[0].Columns[0].Text)
		}
	}
}

// readOption is an option of how a stat reduces its fields.
func readOption(t *testing.T, p *panel, name string) string {
	t.Helper()
	var o struct{ ReduceOptions map[string]any }
	must(t, json.Unmarshal(p.Options, &o))
	text, _ := o.ReduceOptions[name].(string)
	return text
}
