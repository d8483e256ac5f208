// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collector

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
)

// TestNode: two real services of Node, with the OpenTelemetry packages of two years, a real PostgreSQL and a real Redis, send what they do
// to a real collector. Routes, calls, errors and an N+1 are found, and a database that becomes slow is an incident of the shop whose cause
// names the way there.
func TestNode(t *testing.T) {
	if !strings.Contains(os.Getenv("OTELPERF_REQUIRE"), "node") {
		t.Skip("a minute of real time: OTELPERF_REQUIRE does not have node")
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node", err)
	}
	for _, year := range []string{"2024", "2026"} {
		t.Run(year, func(t *testing.T) {
			t.Parallel()
			newNode(t, year).tell()
		})
	}
}

// nodeRig is a shop and its stock in Node, and a collector.
type nodeRig struct {
	*rig
	db        *postgres
	shop      string // URL
	unmatched string // row of what has no route: the SDKs say it in two ways
}

func newNode(t *testing.T, year string) *nodeRig {
	dir := filepath.Join("testdata", "node", year)
	install(t, dir)
	n := &nodeRig{db: startPostgres(t), unmatched: map[string]string{"2024": "GET /", "2026": "GET (unmatched)"}[year]}
	n.db.sql(`CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, 'item ' || i FROM generate_series(0, 20) i;
		CREATE FUNCTION stocked(int) RETURNS int LANGUAGE sql AS 'SELECT $1'`)
	redis := startRedis(t)
	grpc, port := freePort(t), freePort(t)
	n.rig = newRigOf(t, newShareBook(time.Now, true), grpc, fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:%d"}, http: {endpoint: "127.0.0.1:%d"}}}}
connectors: {otelperf: {lateness: 2s}}
exporters: {sink: {}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otelperf, sink]}
    logs: {receivers: [otelperf], exporters: [sink]}
`, grpc, port))
	f := n.share().fleet
	set := f.Settings()
	set.Detector.Grace = time.Second // in place of a minute in which nothing is learned of an endpoint that is new
	if err := f.Configure(set); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "NODE_PATH="+absolute(t, filepath.Join(dir, "node_modules")), fmt.Sprintf("COLLECTOR=http://127.0.0.1:%d", port),
		"REDIS="+redis, "POSTGRES=postgresql://postgres@localhost/postgres?host="+n.db.dir)
	stock := serve(t, append(env, "SERVICE=stock"))
	n.shop = serve(t, append(env, "SERVICE=shop", "STOCK="+stock))
	return n
}

func absolute(t *testing.T, path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// install installs the packages of a lock file, unless they are there.
func install(t *testing.T, dir string) {
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil {
		return
	}
	if out, err := exec.Command("npm", "ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		missing(t, "node", fmt.Sprintf("npm ci: %v\n%s", err, out))
	}
}

// serve starts a service, and returns its URL.
func serve(t *testing.T, env []string) string {
	t.Helper()
	cmd := exec.Command("node", "-r", "./tracing.js", "service.js")
	cmd.Dir, cmd.Env = filepath.Join("testdata", "node"), env
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("the service says %q, %v\n%s", line, err, &said)
	}
	return "http://127.0.0.1:" + port
}

// warm asks until answers are quick: what a service that has just started does is not usual. Its spans are not sampled.
func (n *nodeRig) warm(path string) {
	for quick, until := 0, time.Now().Add(time.Minute); quick < 30 && time.Now().Before(until); quick++ {
		req, err := http.NewRequest(http.MethodGet, n.shop+path, nil)
		if err != nil {
			n.Fatal(err)
		}
		req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
		began := time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			n.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if time.Since(began) > 100*time.Millisecond {
			quick = 0
		}
	}
}

// ask sends requests, one after the other, until the end of the test: how fast the machine is does not matter.
func (n *nodeRig) ask(path string, pause time.Duration) {
	client := &http.Client{Timeout: time.Minute}
	done := make(chan struct{})
	n.Cleanup(func() { close(done) })
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			if res, err := client.Get(n.shop + path); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		}
	}()
}

// tell is what the collector has to find.
func (n *nodeRig) tell() {
	defer func() {
		if n.Failed() {
			n.dump()
		}
	}()
	n.warm("/orders/17")
	for range 3 {
		n.ask("/orders/17", 100*time.Millisecond)
	}
	n.ask("/broken", 500*time.Millisecond)
	n.ask("/no/such/page", 500*time.Millisecond)
	began, slow := time.Now(), time.Second
	eventually(n.T, "it is known what is usual for orders", func() bool {
		r, ok := n.row("shop", "GET /orders/:id")
		slow = max(slow, 4*r.P99)
		return ok && r.Outcomes.Total() > 150 && time.Since(began) > 30*time.Second // an ordinary one is looked at each second
	})
	n.db.sql(fmt.Sprintf("CREATE OR REPLACE FUNCTION stocked(int) RETURNS int LANGUAGE sql AS 'SELECT $1 FROM pg_sleep(%.1f)'", slow.Seconds()))
	eventually(n.T, "an incident of orders names the way to the database", func() bool { return n.said("GET /orders/:id", "shop -> stock -> postgresql") })
	eventually(n.T, "an incident is about what is broken", func() bool { return n.said("SELECT nowhere", "failed") })
	for endpoint, failed := range map[string]bool{
		"GET /orders/:id": false, "GET /broken": true, n.unmatched: false, "db postgresql SELECT items": false, "db postgresql SELECT nowhere": true, "db redis hgetall": false,
	} {
		r, ok := n.row("shop", endpoint)
		if !ok || r.Outcomes.Total() == 0 || failed != (r.Outcomes[slowlog.OutcomeServerError] > 0) {
			n.Errorf("the shop's %s: %v, %v", endpoint, ok, r.Outcomes)
		}
	}
	for _, endpoint := range []string{"GET /api/stock/:sku", "db postgresql SELECT"} {
		if r, ok := n.row("stock", endpoint); !ok || r.Outcomes[slowlog.OutcomeOK] == 0 {
			n.Errorf("the stock's %s: %v, %v", endpoint, ok, r.Outcomes)
		}
	}
	eventually(n.T, "the N+1 is found", func() bool { return n.found("/orders/:id", "8 calls of SELECT items") })
	eventually(n.T, "the error is found", func() bool { return n.found("/broken", "SELECT nowhere") })
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
		}
	}
	n.sink.mu.Lock()
	defer n.sink.mu.Unlock()
	for _, ld := range n.sink.logs {
		r := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		n.Log(r.EventName(), r.Body().Str(), r.Attributes().AsRaw())
	}
}

// found tells whether the anatomy of a slow or failed request of a route says something.
func (n *nodeRig) found(route, text string) bool {
	for e := range n.share().fleet.Find("shop").Slow().All() {
		if e.Route != route || e.Anatomy == nil {
			continue
		}
		for _, f := range e.Anatomy.Findings {
			if strings.Contains(f.Text, text) {
				return true
			}
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

// said tells whether an event has all of some words.
func (n *nodeRig) said(words ...string) bool {
	n.sink.mu.Lock()
	defer n.sink.mu.Unlock()
	for _, ld := range n.sink.logs {
		r := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		text := fmt.Sprintln(r.EventName(), r.Body().Str(), r.Attributes().AsRaw())
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) }) {
			return true
		}
	}
	return false
}
