// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
)

// DB is a pool of database/sql with at most so many connections, which do nothing. It ends with the test.
func DB(tb testing.TB, most int) *sql.DB {
	tb.Helper()
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(most)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// connector makes connections that do nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return conn{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type conn struct{}

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("nothing is prepared") }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("nothing is begun") }
