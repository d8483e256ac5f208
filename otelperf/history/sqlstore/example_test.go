// SPDX-License-Identifier: Apache-2.0

package sqlstore_test

import (
	"context"
	"database/sql"
	"log"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
)

// Each instance has a store of its own, all in one database.
func ExampleNew() {
	db, err := sql.Open("pgx", "postgres://otelperf@db.internal/metrics") // with import _ "github.com/jackc/pgx/v5/stdlib"
	if err != nil {
		log.Print(err)
		return
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "shop")
	if err != nil {
		log.Print(err)
		return
	}
	defer func() { _ = store.Close() }()
	mon, err := otelperf.New(otelperf.WithHistory(store))
	if err != nil {
		log.Print(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = mon.Shutdown(ctx) // writes what is left, before the store is closed
}
