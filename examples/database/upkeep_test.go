// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/XSAM/otelsql"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// What otelsql tells of rows, resets, pings and connects is one node and one row by default, whether or not it was told the system,
// and its time is the database's.
func TestUpkeepIsFolded(t *testing.T) {
	for _, tt := range []struct {
		name, row string
		options   []otelsql.Option
	}{
		{"system", "sqlite connection", []otelsql.Option{ofSQLite}},
		{"no system", "connection", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func() (store, error) {
				return openSQLite(t.Context(), append(tt.options, otelsql.WithSpanOptions(otelsql.SpanOptions{Ping: true}))...)
			})
			e := r.get(t, "/orders/1", "/orders/{id}")
			var folded []*slowlog.Node
			for _, n := range e.Anatomy.Root.Children {
				if strings.HasPrefix(n.Name, "sql.rows") || strings.Contains(n.Name, "reset_session") {
					t.Errorf("%s has a node of its own:\n%s", n.Name, outline(e.Anatomy.Root, ""))
				}
				if n.Name == "connection and rows" {
					folded = append(folded, n)
				}
			}
			if len(folded) != 1 || folded[0].Count < 2*lines || folded[0].Category != slowlog.DB {
				t.Errorf("want rows and resets of %d calls in one node of the database:\n%s", lines+1, outline(e.Anatomy.Root, ""))
			}
			for _, f := range e.Anatomy.Findings {
				if f.Kind == slowlog.FindingRepeated && !strings.Contains(f.Text, "SELECT") {
					t.Errorf("upkeep is a finding: %s", f.Text)
				}
			}
			if err := r.db.(sqlite).db.PingContext(context.Background()); err != nil {
				t.Fatal(err)
			}
			exampletest.Eventually(t, "connects and pings are in "+tt.row, func() bool { return slices.Contains(dependencies(r.mon), tt.row) })
			for _, name := range dependencies(r.mon) {
				if strings.Contains(name, "sql.") {
					t.Errorf("%s is a dependency", name)
				}
			}
		})
	}
}

func dependencies(mon *otelperf.Monitor) (names []string) {
	for _, row := range mon.Summary(otelperf.WindowAll).Dependencies {
		names = append(names, row.Route)
	}
	return names
}
