// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"
)

// errLost is what a driver says of a connection that was lost.
var errLost = errors.New("connection reset by peer")

// lossy is a database whose connections are lost, if asked for, after each COMMIT and before that is known.
type lossy struct {
	db   *sql.DB
	lose atomic.Bool
	to   driver.Driver
	url  string
}

func loseCommits(t *testing.T, d *database) *lossy {
	t.Helper()
	l := &lossy{to: d.db.Driver(), url: d.url}
	l.db = sql.OpenDB(l)
	t.Cleanup(func() { _ = l.db.Close() })
	return l
}

func (l *lossy) Driver() driver.Driver { return l.to }

func (l *lossy) Connect(context.Context) (driver.Conn, error) {
	conn, err := l.to.Open(l.url)
	if err != nil {
		return nil, err
	}
	return &lossyConn{conn.(fullConn), l}, nil
}

// fullConn is what both drivers' connections can do.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type lossyConn struct {
	fullConn
	of *lossy
}

func (c *lossyConn) after(err error) error {
	if err == nil && c.of.lose.Load() {
		return errLost
	}
	return err
}

func (c *lossyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.fullConn.ExecContext(ctx, query, args)
	if query == "COMMIT" {
		err = c.after(err)
	}
	return r, err
}

func (c *lossyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.fullConn.BeginTx(ctx, opts)
	return &lossyTx{tx, c}, err
}

// CheckNamedValue leaves parameters to the driver.
func (c *lossyConn) CheckNamedValue(v *driver.NamedValue) (err error) {
	if to, ok := c.fullConn.(driver.NamedValueChecker); ok {
		return to.CheckNamedValue(v)
	}
	v.Value, err = driver.DefaultParameterConverter.ConvertValue(v.Value)
	return err
}

type lossyTx struct {
	driver.Tx
	conn *lossyConn
}

func (t *lossyTx) Commit() error { return t.conn.after(t.Tx.Commit()) }
