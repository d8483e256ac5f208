// SPDX-License-Identifier: Apache-2.0

package conventions

import "testing"

func TestUpkeep(t *testing.T) {
	for span, want := range map[string][2]bool{
		"sql.rows": {true, true}, "sql.conn.reset_session": {true, true}, "sql.conn.ping": {true, false}, "sql.connector.connect": {true, false},
		"sql.conn.query": {}, "sql.tx.commit": {}, "sql.": {}, "": {}, "SELECT sql.rows": {},
	} {
		upkeep, part := Upkeep(span)
		if upkeep != want[0] || part != want[1] {
			t.Errorf("%q: %v, %v, want %v", span, upkeep, part, want)
		}
		for _, c := range []Category{categoryDB, categoryOther} {
			if name, _ := c.NameOf(span, nil); (name == upkeepName) != want[0] {
				t.Errorf("%q has the name %q", span, name)
			}
		}
	}
}
