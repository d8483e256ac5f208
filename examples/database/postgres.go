// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type postgres struct{ pool *pgxpool.Pool }

// openPostgres opens a pool that otelpgx traces. Besides the query it records waiting for a connection (pool.acquire), which is
// where the time of many slow requests goes.
func openPostgres(ctx context.Context, url string) (store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.Tracer = otelpgx.NewTracer()
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	p := postgres{pool}
	if _, err := pool.Exec(ctx, "DROP TABLE IF EXISTS products; DROP TABLE IF EXISTS order_lines;"+schema); err != nil {
		p.Close()
		return nil, err
	}
	rows := make([][]any, lines)
	linesOf := make([][]any, lines)
	for i := range lines {
		rows[i], linesOf[i] = []any{i, fmt.Sprintf("product %d", i)}, []any{1, i}
	}
	if _, err := pool.CopyFrom(ctx, pgx.Identifier{"products"}, []string{"id", "name"}, pgx.CopyFromRows(rows)); err != nil {
		p.Close()
		return nil, err
	}
	if _, err := pool.CopyFrom(ctx, pgx.Identifier{"order_lines"}, []string{"order_id", "product_id"}, pgx.CopyFromRows(linesOf)); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p postgres) Products(ctx context.Context, order string) ([]int, error) {
	rows, err := p.pool.Query(ctx, selectProducts, order)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

func (p postgres) Name(ctx context.Context, product int) (name string, err error) {
	err = p.pool.QueryRow(ctx, selectName, product).Scan(&name)
	return name, err
}

func (p postgres) Names(ctx context.Context, order string) ([]string, error) {
	rows, err := p.pool.Query(ctx, selectNames, order)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Stats is what WithDB asks a pool.
func (p postgres) Stats() sql.DBStats {
	s := p.pool.Stat()
	return sql.DBStats{
		MaxOpenConnections: int(s.MaxConns()), OpenConnections: int(s.TotalConns()), InUse: int(s.AcquiredConns()),
		WaitCount: s.EmptyAcquireCount(), WaitDuration: s.EmptyAcquireWaitTime(),
	}
}

func (p postgres) Close() { p.pool.Close() }
