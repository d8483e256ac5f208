// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collector

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
)

// TestNode: two real services of Node, with the OpenTelemetry packages of two years, a real PostgreSQL and a real Redis, send what they do
// to a real collector. Routes, calls, errors and an N+1 are found, and a database that becomes slow is an incident of the shop whose cause
// names the way there. Whoever asks waits for the answer, and slow is what is slower than was measured: how fast the machine is does not
// matter.
func TestNode(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of real time")
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node", err)
	}
	for _, year := range []nodeYear{
		{"2024", "GET /", `relation "nowhere" does not exist`},
		{"2026", "GET (unmatched)", "42P01"},
	} {
		t.Run(year.of, func(t *testing.T) {
			t.Parallel()
			newNode(t, year).tell()
		})
	}
}

// nodeYear is how the packages of a year say what they say in two ways.
type nodeYear struct {
	of        string // and the folder of its packages
	unmatched string // row of what has no route
	failed    string // what a call that failed is found to have failed with: without an error.type it is the description of the status
}

// nodeRig is a shop and its stock in Node, and a collector.
type nodeRig struct {
	*rig
	year        nodeYear
	db          *postgres
	shop, stock string // URLs
	logs        [2]output
}

func newNode(t *testing.T, year nodeYear) *nodeRig {
	modules, err := filepath.Abs(filepath.Join("testdata", "node", year.of, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, ".package-lock.json")); err != nil {
		missing(t, "node", fmt.Sprintf("%v: run npm ci --ignore-scripts --prefix otelperf/collector/testdata/node/%s", err, year.of))
	}
	n := &nodeRig{year: year, db: startPostgres(t)}
	n.db.sql(`CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, 'item ' || i FROM generate_series(0, 20) i;
		CREATE FUNCTION stocked(int) RETURNS int LANGUAGE sql AS 'SELECT $1'`)
	redis := startRedis(t)
	grpc, port := freePort(t), freePort(t)
	n.rig = newRigOf(t, newShareBook(time.Now, true), grpc, fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:%d"}, http: {endpoint: "127.0.0.1:%d"}}}}
connectors: {otelperf: {lateness: 3s}}
exporters: {sink: {}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otelperf, sink]}
    logs: {receivers: [otelperf], exporters: [sink]}
`, grpc, port))
	f := n.share().fleet
	set := f.Settings()
	set.Detector.Grace = 20 * time.Second // in place of a minute; ordinary requests are looked at meanwhile
	set.SlowFrom = time.Hour              // what is ordinary on a slow machine is not slow
	if err := f.Configure(set); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "NODE_PATH="+modules, fmt.Sprintf("COLLECTOR=http://127.0.0.1:%d", port),
		"REDIS="+redis, "POSTGRES=postgresql://postgres@localhost/postgres?host="+n.db.dir)
	n.stock = n.serve(&n.logs[0], append(env, "SERVICE=stock"))
	n.shop = n.serve(&n.logs[1], append(env, "SERVICE=shop", "STOCK="+n.stock))
	return n
}

// serve starts a service, and returns its URL.
func (n *nodeRig) serve(log *output, env []string) string {
	n.Helper()
	cmd := exec.Command("node", "-r", "./tracing.js", "service.js")
	cmd.Dir, cmd.Env, cmd.Stderr = filepath.Join("testdata", "node"), env, log
	out, err := cmd.StdoutPipe()
	if err != nil {
		n.Fatal(err)
	}
	start(n.T, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		n.Fatalf("the service says %q, %v\n%s", line, err, log)
	}
	return "http://127.0.0.1:" + port
}

const (
	askers = 3   // at the same time
	warmth = 40  // requests of each before what they take is usual
	enough = 150 // requests to know a median of
)

// warm has the services do what they will do, since one that has just started is slow. The spans are not sampled.
func (n *nodeRig) warm(url string) {
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for range warmth {
				if err := n.get(url, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"); err != nil {
					n.Error(err)
					return
				}
			}
		})
	}
	if all.Wait(); n.Failed() {
		n.FailNow()
	}
}

// ask sends requests until the end of the test, each a while after the answer to the one before.
func (n *nodeRig) ask(url string, pause time.Duration) {
	var asks sync.WaitGroup
	asks.Go(func() {
		for n.Context().Err() == nil {
			_ = n.get(url, "") // what is missing then is missed by who waits for it
			select {
			case <-n.Context().Done():
			case <-time.After(pause):
			}
		}
	})
	n.Cleanup(asks.Wait)
}

func (n *nodeRig) get(url, traceparent string) error {
	req, err := http.NewRequestWithContext(n.Context(), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if traceparent != "" {
		req.Header.Set("traceparent", traceparent)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}

const (
	orders   = "GET /orders/:id"
	ofStock  = "GET /api/stock/:sku"
	nowhere  = "db postgresql SELECT nowhere"
	database = "shop -> stock -> postgresql"
)

// tell is what the collector has to find.
func (n *nodeRig) tell() {
	defer func() {
		if n.Failed() {
			n.dump()
		}
	}()
	n.warm(n.shop + "/orders/17")
	for range askers {
		n.ask(n.shop+"/orders/17", 100*time.Millisecond)
	}
	n.ask(n.shop+"/no/such/page", 500*time.Millisecond)
	n.ask(n.stock+"/broken", 500*time.Millisecond) // not the shop's: what begins at about the same time is one incident
	eventually(n.T, "an incident is about what is broken", func() bool { return n.told("stock", nowhere, engine.Failures, "failed") })
	var before uint64
	eventually(n.T, "there may be learned what is usual", func() bool {
		r, ok := n.row("shop", orders)
		before = r.Outcomes.Total()
		return ok && r.GraceLeft == 0
	})
	var usual time.Duration
	eventually(n.T, "it is known what is usual", func() bool {
		r, _ := n.row("shop", orders)
		usual = r.P99
		return r.Outcomes.Total() >= before+enough
	})
	n.db.sql(fmt.Sprintf("CREATE OR REPLACE FUNCTION stocked(int) RETURNS int LANGUAGE sql AS 'SELECT $1 FROM pg_sleep(%.1f)'", (time.Second + 2*usual).Seconds()))
	eventually(n.T, "an incident of orders names the way to the database", func() bool { return n.told("shop", orders, engine.Latency, database) })
	for _, has := range []struct {
		service, endpoint string
		outcome           slowlog.Outcome
	}{
		{"shop", orders, slowlog.OutcomeOK},
		{"shop", n.year.unmatched, slowlog.OutcomeClientError},
		{"shop", "db postgresql SELECT items", slowlog.OutcomeOK},
		{"shop", "db redis hgetall", slowlog.OutcomeOK},
		{"stock", ofStock, slowlog.OutcomeOK},
		{"stock", "db postgresql SELECT", slowlog.OutcomeOK},
		{"stock", "GET /broken", slowlog.OutcomeServerError},
		{"stock", nowhere, slowlog.OutcomeServerError},
	} {
		r, ok := n.row(has.service, has.endpoint)
		if !ok || r.Outcomes[has.outcome] == 0 || r.Outcomes[has.outcome] != r.Outcomes.Total() {
			n.Errorf("%s of %s: %v, %v, want all to be %v", has.endpoint, has.service, ok, r.Outcomes, has.outcome)
		}
	}
	eventually(n.T, "the N+1 is found", func() bool { return n.found("shop", "/orders/:id", "20 calls of SELECT items took") })
	eventually(n.T, "the call that failed is found", func() bool { return n.found("stock", "/broken", "SELECT nowhere failed after", n.year.failed) })
	eventually(n.T, "what it failed with is told", func() bool { return n.failed("stock", "/broken", `relation "nowhere" does not exist`) })
}

// dump logs what the collector has.
func (n *nodeRig) dump() {
	for _, s := range n.share().fleet.Services() {
		rows, _ := s.Engine().Rows(engine.Query{Window: engine.All})
		for i := range rows {
			r := &rows[i]
			n.Logf("%s %s: %v, phase %v, baseline p99 %v, p50 %v, judged in %v", s.Name(), r.Endpoint, r.Outcomes, r.Phase, r.BaselineP99, r.P50, r.JudgedIn)
		}
		for _, in := range s.Engine().Incidents() {
			n.Logf("%s: %s", s.Name(), in.Reason)
			for i := range in.Parts {
				p := &in.Parts[i]
				n.Logf("  %s %s: since %v, found %v, %d of %d, waits for %q, why %q", p.Endpoint, p.Matter, p.Start, p.At, p.Latest().Above, p.Latest().N, p.WaitsFor, p.Why.Sentence)
			}
		}
	}
	for _, text := range n.events() {
		n.Log(text)
	}
	for i := range n.logs {
		n.Log(&n.logs[i])
	}
}

// found tells whether a finding of a slow or failed request of a route has all of some words.
func (n *nodeRig) found(service, route string, words ...string) bool {
	for e := range n.share().fleet.Find(service).Slow().All() {
		if e.Route != route || e.Anatomy == nil {
			continue
		}
		for _, f := range e.Anatomy.Findings {
			if hasAll(f.Text, words) {
				return true
			}
		}
	}
	return false
}

// failed tells whether a call in a failed request of a route failed with an error that says something.
func (n *nodeRig) failed(service, route, text string) bool {
	var says func(*slowlog.Node) bool
	says = func(node *slowlog.Node) bool {
		return strings.Contains(node.Error.Message, text) || slices.ContainsFunc(node.Children, says)
	}
	for e := range n.share().fleet.Find(service).Slow().All() {
		if e.Route == route && e.Anatomy != nil && says(e.Anatomy.Root) {
			return true
		}
	}
	return false
}

func (n *nodeRig) row(service, endpoint string) (engine.Row, bool) {
	s := n.share().fleet.Find(service)
	if s == nil {
		return engine.Row{}, false
	}
	rows, _ := s.Engine().Rows(engine.Query{Window: engine.All})
	for i := range rows {
		if rows[i].Endpoint.String() == endpoint {
			return rows[i], true
		}
	}
	return engine.Row{}, false
}

// told tells whether an event of an incident that has an endpoint for a matter has all of some words.
func (n *nodeRig) told(service, endpoint string, m engine.Matter, words ...string) bool {
	s := n.share().fleet.Find(service)
	if s == nil {
		return false
	}
	for _, in := range s.Engine().Incidents() {
		has := slices.ContainsFunc(in.Parts, func(p engine.Part) bool { return p.Endpoint.String() == endpoint && p.Matter == m })
		if has && slices.ContainsFunc(n.events(), func(text string) bool { return hasAll(text, append(words, in.ID)) }) {
			return true
		}
	}
	return false
}

// events are what was told of incidents.
func (n *nodeRig) events() (all []string) {
	n.sink.mu.Lock()
	defer n.sink.mu.Unlock()
	for _, ld := range n.sink.logs {
		r := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		all = append(all, fmt.Sprintln(r.EventName(), r.Body().Str(), r.Attributes().AsRaw()))
	}
	return all
}

func hasAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
