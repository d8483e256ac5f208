// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// fake is a database whose queries are how long they take.
type fake struct{}

func (fake) Connect(context.Context) (driver.Conn, error) { return fake{}, nil }
func (fake) Driver() driver.Driver                        { return nil }
func (fake) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (fake) Close() error                                 { return nil }
func (fake) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (fake) QueryContext(_ context.Context, q string, _ []driver.NamedValue) (driver.Rows, error) {
	d, err := time.ParseDuration(q)
	time.Sleep(d)
	return noRows{}, err
}

type noRows struct{}

func (noRows) Columns() []string         { return []string{"name"} }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }

func query(tb testing.TB, db *sql.DB, q string) {
	rows, err := db.QueryContext(context.Background(), q)
	if err != nil {
		tb.Error(err)
		return
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		tb.Error(err)
	}
}

// TestDatabasePool: the pool wakes any of those that wait, so that most are woken by one that itself has just come to have a connection.
func TestDatabasePool(t *testing.T) {
	db := sql.OpenDB(fake{})
	defer db.Close()
	db.SetMaxOpenConns(2)
	r := recorded(t, func(p *program) {
		p.normal(victim, func() { query(t, db, "0ms") })
		for range 2 {
			p.request("GET /stats", false, func() { query(t, db, long.String()) })
		}
		for db.Stats().InUse < 2 {
			time.Sleep(time.Millisecond)
		}
		p.slow(victim, func() { query(t, db, "0ms") })
	})
	check(t, r, want{
		state: causes.DBConnection, line: "query", who: "GET /stats", what: causes.Sleep,
		sentence: "waiting for a connection of the database pool at pools_test.go:",
	})
}

func call(tb testing.TB, client *http.Client, url string) {
	res, err := client.Get(url)
	if err != nil {
		tb.Error(err)
		return
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		tb.Error(err)
	}
	if err := res.Body.Close(); err != nil {
		tb.Error(err)
	}
}

// dependency is a server that takes as long as the query string says. Its handlers' goroutines wait for a channel that a timer closes,
// so that they are not taken for those that the requests wait for.
func dependency(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.RawQuery)
		if err != nil {
			t.Error(err)
		}
		time.Sleep(d)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestSlowDependency: a request waits for the loop of a connection, which waits for the network.
func TestSlowDependency(t *testing.T) {
	s := dependency(t)
	client := s.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 10
	r := recorded(t, func(p *program) {
		p.normal(victim, func() { call(t, client, s.URL+"?0s") })
		p.slow(victim, func() { call(t, client, s.URL+"?"+long.String()) })
	})
	check(t, r, want{
		state: causes.HTTPReply, line: "call", who: causes.Itself, what: causes.NetworkRead,
		sentence: "waiting for the reply to an HTTP call at pools_test.go:",
	})
}

// TestConnectionLimit: whoever uses the only connection of an HTTP client holds the others up. Its goroutines were made by a request
// that is long over.
func TestConnectionLimit(t *testing.T) {
	s := dependency(t)
	client := s.Client()
	client.Transport.(*http.Transport).MaxConnsPerHost = 1
	r := recorded(t, func(p *program) {
		p.serve("GET /first", false, func() { call(t, client, s.URL+"?0s") })
		p.normal(victim, func() { call(t, client, s.URL+"?0s") })
		begun := make(chan struct{})
		p.request("GET /export", false, func() { close(begun); call(t, client, s.URL+"?"+long.String()) })
		<-begun
		time.Sleep(long / 10) // until it has the connection
		p.slow(victim, func() { call(t, client, s.URL+"?0s") })
	})
	check(t, r, want{state: causes.HTTPConnection, line: "call", who: "GET /export", what: causes.NetworkRead})
}

// TestSlowReader: whoever asked does not take the reply.
func TestSlowReader(t *testing.T) {
	reply := make([]byte, 16<<20)
	r := recorded(t, func(p *program) {
		handler := func(size int, slow bool) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				p.serve(victim, slow, func() { write(w, reply[:size]) })
			})
		}
		fetch := func(size int, slow bool, wait time.Duration) {
			s := httptest.NewServer(handler(size, slow))
			defer s.Close()
			res, err := s.Client().Get(s.URL)
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(wait)
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Error(err)
			}
			res.Body.Close()
		}
		for range 6 {
			fetch(100, false, 0)
		}
		for range 5 {
			p.all.Go(func() { fetch(len(reply), true, 2*long) })
		}
	})
	check(t, r, want{state: causes.NetworkWrite, line: "write", who: causes.Itself, sentence: "waiting for the network to take data at pools_test.go:"})
}

func write(w io.Writer, b []byte) { _, _ = w.Write(b) }
