// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"database/sql"
	"slices"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
)

// maxPools bounds the pools of a Monitor. Each takes 40 KiB, its goroutine included.
const maxPools = 16

// WithDB has a connection pool watched under a name: how many requests wait for a connection and how many connections are in use, beside
// what is usual for it. Any *sql.DB will do, and what has one inside; it is opened before New or Setup, which instrumentation that uses
// the global providers does not mind. Other pools have an adapter of a few lines, such as pgxpool's:
//
//	type pool struct{ *pgxpool.Pool }
//
//	func (p pool) Stats() sql.DBStats {
//		s := p.Stat()
//		return sql.DBStats{
//			MaxOpenConnections: int(s.MaxConns()), OpenConnections: int(s.TotalConns()), InUse: int(s.AcquiredConns()),
//			WaitCount: s.EmptyAcquireCount(), WaitDuration: s.EmptyAcquireWaitTime(),
//		}
//	}
//
// MaxOpenConnections (0: no limit), OpenConnections, InUse, WaitCount and WaitDuration are read, once a second, in a goroutine of the
// pool's own: Stats may block, whereupon its last answer grows old, and if it panics that is counted. Waits count when they end. An
// http.Transport says nothing of its connections: requests that wait for one show in its Stats only if the program counts them.
//
// The name has 1 to 64 bytes of UTF-8, another for each pool, and is part of metrics and JSON. At most 16 pools are accepted.
func WithDB(name string, db interface{ Stats() sql.DBStats }) Option {
	return optionFunc(func(c *config) {
		if d, isDB := db.(*sql.DB); db == nil || isDB && d == nil {
			c.refuse("database %.80q is nil", name)
			return
		}
		switch {
		case name == "" || len(name) > maxName || !utf8.ValidString(name):
			c.refuse("name of a database is %.80q, accepted are 1 to %d bytes of UTF-8", name, maxName)
		case slices.ContainsFunc(c.pools, func(p runtimesignals.Pool) bool { return p.Name == name }):
			c.refuse("two databases have the name %q, accepted are different ones", name)
		case len(c.pools) == maxPools:
			c.refuse("database %q is one too many, accepted are %d", name, maxPools)
		default:
			c.pools = append(c.pools, runtimesignals.Pool{Name: name, Stats: db.Stats})
		}
	})
}
