// SPDX-License-Identifier: Apache-2.0

package conventions

import "strings"

// Upkeep tells the spans that an instrumentation of database/sql (github.com/XSAM/otelsql) makes for what comes with a call, by their
// names, which do not depend on the system: upkeep is true for rows being read, sessions reset, and connections made and checked; part
// is true for the first two, which come with every call. They have no statement. It allocates nothing.
func Upkeep(span string) (upkeep, part bool) {
	if !strings.HasPrefix(span, "sql.") {
		return false, false
	}
	switch span {
	case "sql.rows", "sql.conn.reset_session":
		return true, true
	case "sql.conn.ping", "sql.connector.connect":
		return true, false
	}
	return false, false
}

// upkeepName is what stands in the row of such spans.
const upkeepName = "connection"
