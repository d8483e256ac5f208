// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/XSAM/otelsql"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	_ "modernc.org/sqlite" // the driver "sqlite", without cgo
)

type sqlite struct{ db *sql.DB }

// ofSQLite tells otelsql, which does not know it, what system is behind the driver: without the attribute, its spans are taken for
// databases by their statement alone.
var ofSQLite = otelsql.WithAttributes(semconv.DBSystemNameSQLite)

// openSQLite opens a database in memory through otelsql.
func openSQLite(ctx context.Context, options ...otelsql.Option) (_ store, err error) {
	db, err := otelsql.Open("sqlite", ":memory:", options...)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, err
	}
	for i := range lines {
		if _, err := db.ExecContext(ctx, "INSERT INTO products VALUES ($1, $2)", i, fmt.Sprintf("product %d", i)); err != nil {
			return nil, err
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO order_lines VALUES (1, $1)", i); err != nil {
			return nil, err
		}
	}
	return sqlite{db}, nil
}

func (s sqlite) Products(ctx context.Context, order string) (ids []int, err error) {
	return column[int](s.db.QueryContext(ctx, selectProducts, order))
}

func (s sqlite) Name(ctx context.Context, product int) (name string, err error) {
	err = s.db.QueryRowContext(ctx, selectName, product).Scan(&name)
	return name, err
}

func (s sqlite) Names(ctx context.Context, order string) ([]string, error) {
	return column[string](s.db.QueryContext(ctx, selectNames, order))
}

// column reads the only column of rows.
func column[T any](rows *sql.Rows, err error) (out []T, _ error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func (s sqlite) Stats() sql.DBStats { return s.db.Stats() }

func (s sqlite) Close() { _ = s.db.Close() }
