// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// migrations are what makes each version of the one before, in PostgreSQL's words. A version that was released is not changed any more.
var migrations = [...]string{
	`CREATE TABLE IF NOT EXISTS otelperf_batches (
	service text NOT NULL,
	began bigint NOT NULL, -- unix seconds, as everywhere but in otelperf_events
	origin bytea NOT NULL, -- the process, or a number of its own for each batch
	instance text NOT NULL,
	attempts integer NOT NULL,
	sealed smallint NOT NULL, -- 1: what it had is in the layers
	PRIMARY KEY (service, began, origin)
);
CREATE TABLE IF NOT EXISTS otelperf_recent (
	service text NOT NULL,
	began bigint NOT NULL, -- of a minute
	part smallint NOT NULL, -- which of the endpoints: 0 to 7; 8 are signals
	origin bytea NOT NULL,
	aside smallint NOT NULL, -- 1: could not be read when the hour was made layers of
	data bytea NOT NULL,
	PRIMARY KEY (service, began, part, origin)
);
CREATE TABLE IF NOT EXISTS otelperf_hours (
	service text NOT NULL,
	began bigint NOT NULL, -- of an hour
	part smallint NOT NULL,
	data bytea NOT NULL, -- the rows of all instances
	PRIMARY KEY (service, began, part)
);
CREATE TABLE IF NOT EXISTS otelperf_ten_minutes (
	service text NOT NULL,
	began bigint NOT NULL, -- of an hour
	part smallint NOT NULL,
	data bytea NOT NULL, -- how the hour is made up of ten minutes
	PRIMARY KEY (service, began, part)
);
CREATE TABLE IF NOT EXISTS otelperf_minutes (
	service text NOT NULL,
	began bigint NOT NULL, -- of an hour
	part smallint NOT NULL,
	data bytea NOT NULL, -- how the ten minutes are made up of minutes
	PRIMARY KEY (service, began, part)
);
CREATE TABLE IF NOT EXISTS otelperf_events (
	service text NOT NULL,
	kind smallint NOT NULL, -- 2: incidents by their start, 3: requests by their end, 4: marks, 5: what an instance goes on from
	began bigint NOT NULL, -- unix nanoseconds
	id bytea NOT NULL,
	instance text NOT NULL,
	data bytea NOT NULL,
	PRIMARY KEY (service, kind, began, id)
);
CREATE INDEX IF NOT EXISTS otelperf_events_id ON otelperf_events (service, kind, id)`,
}

// storage has PostgreSQL not try to compress what is compressed already.
const storage = `ALTER TABLE otelperf_recent ALTER data SET STORAGE EXTERNAL;
ALTER TABLE otelperf_hours ALTER data SET STORAGE EXTERNAL;
ALTER TABLE otelperf_ten_minutes ALTER data SET STORAGE EXTERNAL;
ALTER TABLE otelperf_minutes ALTER data SET STORAGE EXTERNAL;
ALTER TABLE otelperf_events ALTER data SET STORAGE EXTERNAL`

const schemaTable = `CREATE TABLE IF NOT EXISTS otelperf_schema (version integer PRIMARY KEY)`

// Schema returns the statements that make the tables, for those who do so themselves: a service that finds them needs no right to. A table
// that is there already stays as it is, so that it may be a partitioned one.
func (d Dialect) Schema() string {
	return strings.Join(d.statements(0), ";\n") + ";\n"
}

// statements make the newest version of one.
func (d Dialect) statements(from int) (all []string) {
	all = append(all, d.text(schemaTable))
	for v := from; v < len(migrations); v++ {
		all = append(all, strings.Split(d.text(migrations[v]), ";\n")...)
		if v == 0 && d == PostgreSQL {
			all = append(all, strings.Split(storage, ";\n")...)
		}
		all = append(all, fmt.Sprintf("INSERT INTO otelperf_schema (version) VALUES (%d)", v+1))
	}
	return all
}

// version is that of the tables, 0 without any. The error wraps ErrNewer for one that this program does not know.
func (s *Store) version(t *session) (int, error) {
	if n, err := t.number(t.dialect.exists()); err != nil || n == 0 {
		return 0, err
	}
	v, err := t.number("SELECT coalesce(max(version), 0) FROM otelperf_schema")
	if v > int64(len(migrations)) {
		return 0, fmt.Errorf("%w: the tables are of version %d, this program knows %d", history.ErrNewer, v, len(migrations))
	}
	return int(v), err
}

// migrate makes the tables those of the newest version. One instance does so while the others wait.
func (s *Store) migrate(ctx context.Context) error {
	return s.write(ctx, func(t *session) error {
		if t.dialect == PostgreSQL {
			err := t.query("SELECT pg_advisory_xact_lock($1)", func(*sql.Rows) error { return nil }, lockKey("schema"))
			if err != nil {
				return err
			}
		}
		v, err := s.version(t)
		if err != nil || v == len(migrations) {
			return err
		}
		for _, statement := range t.dialect.statements(v) {
			if _, err := t.on.ExecContext(t.ctx, statement); err != nil {
				return fmt.Errorf("making the tables: %w", err)
			}
		}
		return nil
	})
}
