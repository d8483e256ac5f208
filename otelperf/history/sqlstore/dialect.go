// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"hash/fnv"
	"strings"
)

// Dialect is the SQL that a database understands.
type Dialect uint8

// The dialects there are.
const (
	PostgreSQL Dialect = iota + 1 // of version 12 or later; any driver that numbers parameters as the server does, such as pgx or lib/pq
	SQLite                        // of version 3.35 or later
)

// String is the database's name.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	default:
		return "unknown"
	}
}

// text is a statement, written for PostgreSQL, as the database takes it.
func (d Dialect) text(statement string) string {
	if d == SQLite {
		return strings.NewReplacer("$", "?", "bytea", "blob").Replace(statement)
	}
	return statement
}

// exists asks whether the schema is there.
func (d Dialect) exists() string {
	if d == SQLite {
		return "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'otelperf_schema'"
	}
	return "SELECT count(*) WHERE to_regclass('otelperf_schema') IS NOT NULL"
}

// clock asks what time it is where the database is, in seconds.
func (d Dialect) clock() string {
	if d == SQLite {
		return "SELECT CAST(strftime('%s', 'now') AS integer)"
	}
	return "SELECT CAST(extract(epoch FROM now()) AS bigint)"
}

// lockKey is the number of a lock in the database.
func lockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("otelperf history " + name))
	return int64(h.Sum64())
}
