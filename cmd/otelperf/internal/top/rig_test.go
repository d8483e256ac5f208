// SPDX-License-Identifier: Apache-2.0

package top

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
)

var update = flag.Bool("update", false, "rewrite the golden screens")

func TestMain(m *testing.M) {
	time.Local = time.UTC // the screen shows local times
	if url := os.Getenv(topURL); url != "" {
		os.Exit(runTop(url))
	}
	os.Exit(m.Run())
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// service is a server that answers like an instance, and may be down.
type service struct {
	*httptest.Server
	down    atomic.Bool
	mu      sync.Mutex       // held by whoever answers
	summary otelperf.Summary // changed between polls only
	trends  map[string][]*float64
	windows []string // that were asked for
	changes []string // that were asked for
	refuses bool     // changes
	noRows  bool     // it does not list its dependencies
	past    []otelperf.Spike
}

func newService(t *testing.T, instance string) *service {
	s := &service{summary: summary(instance)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			panic(http.ErrAbortHandler)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch strings.TrimPrefix(r.URL.Path, "/debug/otelperf") {
		case "/summary":
			s.windows = append(s.windows, r.FormValue("window"))
			s.summary.Window = otelperf.Window(r.FormValue("window"))
			if r.FormValue("scope") == "fleet" {
				_ = json.NewEncoder(w).Encode(s.fleet())
				return
			}
			_ = json.NewEncoder(w).Encode(s.summary)
		case "/endpoints":
			_ = json.NewEncoder(w).Encode(s.endpoints(r.FormValue("usual") == "true"))
		case "/dependencies":
			if s.noRows {
				http.NotFound(w, r)
				return
			}
			_ = json.NewEncoder(w).Encode(s.dependencies())
		case "/spikes":
			_ = json.NewEncoder(w).Encode(client.SpikeList{Origin: client.Origin{Service: s.summary.Service, Instance: s.summary.Instance}, Count: len(s.past), Spikes: s.past})
		case "/slow/" + slowID:
			_, _ = w.Write([]byte(`{"service":"shop","instance":"a","trace_id":"` + slowID + `","requests":[{"trace_id":"` + slowID +
				`","method":"GET","route":"/checkout","outcome":"ok","status":200,"duration_ms":812.5,"start":"2026-03-01T11:59:58Z","reason":"threshold"}]}`))
		default:
			s.others(w, r)
		}
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s
}

// shared has the service know the other instances.
func (s *service) shared() {
	if err := json.Unmarshal([]byte(`{"fleet": {"puts": 9}}`), &s.summary.Diagnostics); err != nil {
		panic(err)
	}
}

// fleet is the answer for all instances: three, of which one is out of line and one has not been heard of.
func (s *service) fleet() any {
	all := s.summary
	all.Count, all.Rate, all.TotalRequests = 2000, new(16.0), 3000
	all.Spikes = append([]otelperf.Spike{}, all.Spikes...)
	for i := range all.Spikes {
		all.Spikes[i].Instance = "b"
	}
	const text = `{"count": 2, "age_seconds": 4, "read_at": "2026-03-01T12:00:00Z", "more": 0, "refused": 1, "error": "connection refused", "instances": [
		{"instance": "a", "version": "1.4.2", "this": true, "counted": true, "age_seconds": 0, "uptime_seconds": 125, "count": 1000, "rate": 8, "error_rate": 0, "p99_ms": 410, "status": "ok", "title": "", "out_of_line": 0},
		{"instance": "b\u001b[31m", "version": "1.4.3", "counted": true, "age_seconds": 4, "uptime_seconds": 125, "count": 1000, "rate": 8, "error_rate": 0, "p99_ms": 910, "status": "slow", "title": "", "out_of_line": 1},
		{"instance": "c", "version": "1.4.2", "counted": false, "age_seconds": 95, "uptime_seconds": 125, "count": 0, "rate": null, "error_rate": null, "p99_ms": null, "status": "ok", "title": "", "out_of_line": 0}],
		"out_of_line": [{"instance": "b", "method": "GET", "route": "/checkout", "kind": "server", "matter": "latency", "text": "b is out of line at GET /checkout: its p99 is 910 ms, that of the others 410 ms"}]}`
	if err := json.Unmarshal([]byte(`{"fleet": `+text+`}`), &all); err != nil {
		panic(err)
	}
	return all
}

// historic gives the service a history, with the same time of other days and spikes of the last weeks.
func (s *service) historic() {
	if err := json.Unmarshal([]byte(`{"history": {"written": 9000}}`), &s.summary.Diagnostics); err != nil {
		panic(err)
	}
	for i, cause := range []string{"", "83 % waiting for the read-write lock at story.go:67, held by goroutine demo.(*story).tell (story.go:76)", "waiting for \x1b[31mpostgresql SELECT carts", ""} {
		start := noon.Add(-time.Duration(i*i*53) * time.Hour)
		spike := otelperf.Spike{ID: fmt.Sprint("past-", i), State: "ended", Start: start, At: start.Add(10 * time.Second), End: new(start.Add(time.Duration(i+1) * 7 * time.Minute)),
			Reason: "GET /checkout: p99 is 800 ms, usually 200 ms", Cause: cause, Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/checkout", State: "ended", P99Ms: 800}}}
		if cause != "" {
			spike.Causes = []causes.Ranked{{Sentence: cause}}
		}
		s.past = append(s.past, spike)
	}
	s.past[3].State, s.past[3].End = "unknown", nil // its process was killed
}

func (s *service) endpoints(usual bool) any {
	l := client.EndpointList{Origin: client.Origin{Service: s.summary.Service, Instance: s.summary.Instance}}
	for _, r := range s.summary.Endpoints {
		row := client.Row{EndpointRow: r, TrendP99Ms: s.trends[r.Name()]}
		if usual {
			row.Usual = &client.Usual{Yesterday: &client.UsualNumbers{Count: 2400, Rate: new(8.0), P99Ms: new(120.0)}, LastWeek: &client.UsualNumbers{Count: 2100, Rate: new(7.0), P99Ms: new(118.0)}}
		}
		l.Endpoints = append(l.Endpoints, row)
	}
	return l
}

func (s *service) dependencies() any {
	l := client.DependencyList{Origin: client.Origin{Service: s.summary.Service, Instance: s.summary.Instance}}
	for _, r := range s.summary.Dependencies {
		l.Dependencies = append(l.Dependencies, client.Row{EndpointRow: r, TrendP99Ms: s.trends[r.Name()]})
	}
	return l
}

// others answers what details and changes ask for.
func (s *service) others(w http.ResponseWriter, r *http.Request) {
	const origin = `"service":"shop","instance":"a","time":"2026-03-01T12:00:00Z"`
	answers := map[string]string{
		"GET /marks": `{` + origin + `,"marks":` + someMarks + `}`,
		"GET /mutes": `{` + origin + `,"mutes":[{"id":"m1","endpoint":"GET /checkout","by":"ana","until":"2026-03-01T13:00:00Z"}]}`,
		"GET /compare": `{` + origin + `,"method":"GET","route":"/checkout","mark":{"id":"k2","time":"2026-03-01T11:57:50Z","kind":"deploy","text":"build 77"},` +
			`"before":{"minutes":30,"count":900},"since":{"minutes":5,"count":100},"p50":{"sentence":"p50 ×1.1 (0.9 to 1.2): no more than chance explains"},` +
			`"p99":{"sentence":"p99 ×4.0 (3.1 to 5.2): a real change"},"errors":{"sentence":"errors +0.10 % (-0.20 % to +0.40 %): no more than chance explains"},"why":""}`,
		"GET /endpoints/series": `{` + origin + `,"points":` + s.points() + `}`,
		"GET /endpoints/detail": `{` + origin + `,"normal_ms":{"db":90,"code":12.5},"normal_samples":40,` +
			`"differences":[{"key":"tenant","value":"acme","slow_count":28,"slow_total":30,"count":9,"total":90}]}`,
		"POST /spikes/sp-1/ack": `{"id":"sp-1","ack":{"by":"ben"}}`, "DELETE /spikes/sp-1/ack": `{"id":"sp-1"}`,
		"POST /mutes": `{"id":"m2"}`, "DELETE /mutes/m1": `{"id":"m1"}`,
	}
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/debug/otelperf")
	text, known := answers[what]
	if !known {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet {
		body, _ := io.ReadAll(r.Body)
		s.changes = append(s.changes, what+" "+r.URL.RawQuery+string(body))
		if s.refuses {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			text = `{"status":403,"detail":"Changes need WithBearerToken."}`
		}
	}
	_, _ = io.WriteString(w, text)
}

// points are the hour of an endpoint: none at first, then what is usual, and what is not since the mark.
func (s *service) points() string {
	var points []client.Point
	for i := range 60 {
		p := client.Point{Time: noon.Add(time.Duration(i-60) * time.Minute), Seconds: 60}
		switch {
		case i >= 57:
			p.P99Ms = new(800.0)
		case i >= 20:
			p.P99Ms = new(180.0 + float64(i%3)*20)
		}
		points = append(points, p)
	}
	text, err := json.Marshal(points)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const someMarks = `[{"id":"k2","time":"2026-03-01T11:57:50Z","kind":"deploy","text":"build 77","by":"10.0.0.7"},` +
	`{"id":"k1","time":"2026-02-28T09:00:00Z","kind":"start","text":"start of the process","by":"otelperf"}]`

const slowID = "0af7651916cd43dd8448eb211c80319c"

func summary(instance string) otelperf.Summary {
	s := otelperf.Summary{
		Service: "shop", Instance: instance, Version: "1.4.2", Time: noon, UptimeSeconds: 125, Window: otelperf.Window5m, WindowSeconds: 125,
		SlowQueriesCount: 3, TotalRequests: 1000,
	}
	s.Count, s.ErrorCount, s.Rate, s.ErrorRate, s.P50Ms, s.P95Ms, s.P99Ms = 1000, 5, new(8.0), new(0.005), new(2.5), new(80.0), new(410.0)
	row := func(method, route, state string, n uint64, p99, baseline *float64) otelperf.EndpointRow {
		r := otelperf.EndpointRow{Method: method, Route: route, Kind: "server", State: state, BaselineP99Ms: baseline, ThresholdMs: 500}
		r.Count, r.Rate, r.ErrorRate, r.P99Ms, r.Impact = n, new(float64(n)/125), new(0.0), p99, float64(n)/100
		if p99 != nil {
			r.P50Ms, r.P95Ms = new(*p99/5), new(*p99/2)
			if baseline != nil {
				r.Ratio = new(*p99 / *baseline)
			}
		}
		r.ByOutcome = map[string]uint64{"ok": n}
		return r
	}
	s.Endpoints = []otelperf.EndpointRow{
		row("GET", "/checkout", "spiking", 100, new(800.0), new(200.0)),
		row("GET", "/events", "learning", 10, nil, nil),
		row("GET", "/products", "normal", 800, new(4.2), new(4.0)),
		row("GET", "/\x1b[31mred\u202e", "normal", 90, new(1.0), new(1.0)),
	}
	s.Endpoints[2].RepeatedCalls = &otelperf.RepeatedCalls{Dependency: "postgresql SELECT \x1b[31mauthors", CallsPerRequest: 25, Share: 0.9375, Requests: 32, Parallel: true}
	s.Dependencies = []otelperf.EndpointRow{
		row("postgresql", "SELECT carts", "spiking", 300, new(610.0), new(90.0)),
		row("GET", "payments.internal.example.com/v1/customers/{id}/authorizations", "normal", 80, new(31.0), new(30.0)),
	}
	for i := range s.Dependencies {
		s.Dependencies[i].Kind = "dependency"
	}
	s.SlowQueries = []otelperf.SlowRequest{
		{TraceID: slowID, SpanID: "b7ad6b7169203331", Method: "GET", Route: "/checkout", Status: new(200), Outcome: "ok", Time: noon.Add(-2 * time.Second), DurationMs: 812.5, Ratio: new(4.1), Reason: "threshold"},
		{TraceID: strings.Repeat("2", 32), Method: "GET", Route: "/products", Status: new(500), Outcome: "server_error", Time: noon.Add(-9 * time.Second), DurationMs: 3, Reason: "failed"},
	}
	s.Verdict = otelperf.Verdict{Status: "slow", Title: "GET /checkout has left its usual latency", Detail: "It waits for postgresql SELECT."}
	s.Spikes = []otelperf.Spike{{
		ID: "sp-1", State: "open", Start: noon.Add(-90 * time.Second), At: noon.Add(-80 * time.Second), Reason: "GET /checkout: p99 is 800 ms, usually 200 ms",
		Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/checkout", State: "open", P99Ms: 800, BaselineP99Ms: 200, Quantile: 0.973, QuantileMs: 760, BaselineQuantileMs: 190, Ratio: new(4.0), WorstMs: 950, WorstRatio: new(5.0), CostRequests: 900, CostSlow: 300, CostFailed: 2, WaitsFor: "SELECT carts", Requests: 90, Above: 30, Expected: 0.9, ThresholdMs: 200,
			Causes: []causes.Ranked{{Sentence: "82 % waiting for postgresql SELECT carts, 1 call as usual, 610 ms instead of 90 ms"}, {Sentence: "11 % waiting for a connection of pool main"}}}},
		SlowRequests: []otelperf.RequestRef{
			{TraceID: slowID, SpanID: "b7ad6b7169203331", Start: noon.Add(-2 * time.Second), DurationMs: 812.5, Stored: true},
			{TraceID: strings.Repeat("3", 32), SpanID: "b7ad6b7169203332", Start: noon.Add(-40 * time.Second), DurationMs: 640},
		},
	}}
	told(&s)
	return s
}

// told adds what the runtime tells: its types have no names here.
func told(s *otelperf.Summary) {
	const after = `{"mark":"k2","kind":"deploy","text":"build 77","seconds":40,"sentence":"began about 40 s after the deployment “build 77”"}`
	const unusual = `[{"name": "cpu_throttled", "unit": "1", "now": 0.38, "usual": 0, "sentence": "CPU throttled 38 % of the time, usually 0 %"}]`
	if err := errors.Join(json.Unmarshal([]byte(`{"runtime": {"unusual": `+unusual+`}}`), s), json.Unmarshal([]byte(unusual), &s.Spikes[0].Signals),
		json.Unmarshal([]byte(someMarks), &s.Marks), json.Unmarshal([]byte(after), &s.Spikes[0].After)); err != nil {
		panic(err)
	}
}

// acknowledged has ben look after the spike.
func acknowledged(s *otelperf.Summary) {
	if err := json.Unmarshal([]byte(`{"by": "ben"}`), &s.Spikes[0].Ack); err != nil {
		panic(err)
	}
}

// screen is a model at a fixed size with its services.
type screen struct {
	*Model
	t *testing.T
}

func newScreen(t *testing.T, width, height int, services ...*service) *screen {
	t.Helper()
	config := Config{Window: otelperf.Window5m, Every: time.Millisecond, By: "ben"}
	for _, s := range services {
		c, err := client.New(s.URL, client.Options{Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		config.Clients = append(config.Clients, c)
	}
	s := &screen{New(t.Context(), config), t}
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	s.run(s.Init())
	return s
}

// send gives a message to the model and returns what it wants to be done.
func (s *screen) send(msg tea.Msg) tea.Cmd {
	m, cmd := s.Update(msg)
	if m != tea.Model(s.Model) {
		s.t.Fatal("Update returned another model")
	}
	return cmd
}

// run does what the model wants, once, and gives it the result.
func (s *screen) run(cmd tea.Cmd) tea.Cmd {
	s.t.Helper()
	if cmd == nil {
		s.t.Fatal("the model wants nothing to be done")
	}
	return s.send(cmd())
}

// poll lets the model poll once more.
func (s *screen) poll() {
	s.t.Helper()
	s.run(s.send(tickMsg{s.seq, time.Now()}))
}

// press sends keys by name.
func (s *screen) press(keys ...string) (cmd tea.Cmd) {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "backspace": tea.KeyBackspace, "end": tea.KeyEnd, "home": tea.KeyHome, "pgdown": tea.KeyPgDown}
	for _, k := range keys {
		if code, ok := named[k]; ok {
			cmd = s.send(tea.KeyPressMsg{Code: code})
		} else {
			cmd = s.send(tea.KeyPressMsg{Code: []rune(k)[0], Text: k})
		}
	}
	return cmd
}

// text is what is on the screen, without colours.
func (s *screen) text() string {
	var lines []string
	for line := range strings.SplitSeq(ansi.Strip(s.View().Content), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n")
}

func (s *screen) has(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if !strings.Contains(s.text(), w) {
			s.t.Errorf("no %q on\n%s", w, s.text())
		}
	}
}

func (s *screen) hasNot(unwanted string) {
	s.t.Helper()
	if strings.Contains(s.text(), unwanted) {
		s.t.Errorf("%q on\n%s", unwanted, s.text())
	}
}

// golden compares the screen with a file.
func (s *screen) golden(name string) {
	s.t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(s.text()+"\n"), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := s.text() + "\n"; got != string(want) {
		s.t.Errorf("%s: screen is\n%s\nwant\n%s", name, got, want)
	}
}
