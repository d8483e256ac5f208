// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/history"
)

// elsewhere are answers that are not seen here. The redirect has a path that is not below the server's.
var elsewhere = []string{"GET / 307"}

// Every path, method and status of openapi.json is asked for on a real Monitor with traffic, a spike and events, and each
// answer is as the document says.
func TestEveryAnswerIsAsDocumented(t *testing.T) {
	past := &faulty{Store: openStore(t, filepath.Join(t.TempDir(), "shop.db"))}
	s := newSpiking(t, otelperf.WithHistory(past), otelperf.WithFleet(&shared{all: map[fleet.Key][]byte{}}), otelperf.WithEvents(), otelperf.WithMaxStreams(2), otelperf.WithLocalChanges(), otelperf.WithEvidence(evidence.New()))
	c := newContract(t, fetch(t, s.base+"openapi.json"))
	ordinary, incident := c.stream(s.server.URL, "summary", "slow"), c.stream(s.server.URL, "spike")
	slow := s.some()
	ordinary()
	c.check(s.server.URL, ask{method: http.MethodGet, path: "/stream", want: http.StatusServiceUnavailable}) // there are two already
	s.spike(t)
	incident()
	resp, err := http.Post(s.server.URL+"/t/track", "application/json", strings.NewReader(`{"name": "cart.added", "properties": {"items": 3}}`))
	must(t, err)
	must(t, resp.Body.Close())

	id := s.mon.Summary(otelperf.WindowAll).Spikes[0].ID
	recorded := c.record(s.server.URL, id)
	for path, item := range c.doc.Paths.Map() {
		if item.Get == nil || path == "/stream" {
			continue
		}
		of := id
		if strings.HasPrefix(path, "/evidence/") {
			of = recorded
		}
		asked := strings.NewReplacer("{trace_id}", slow, "{id}", url.PathEscape(of), "{file}", "app.js").Replace(path)
		if strings.HasPrefix(path, "/endpoints/") {
			asked += "?method=GET&route=" + url.QueryEscape("/orders/{id}")
		}
		if path == "/compare" {
			asked += "?endpoint=GET+/checkout&from=" + time.Now().UTC().Format(time.RFC3339)
		}
		c.check(s.server.URL, ask{method: http.MethodGet, path: asked, want: http.StatusOK})
		c.enumerate(s.server.URL, path, asked, http.StatusOK)
	}
	c.unreadable(s.server.URL, past) // before anything is read of a time that is asked for here
	c.particular(s.server.URL)
	c.acks(s.server.URL, id)
	c.marks(s.server.URL, id)
	c.mutes(s.server.URL)
	c.changes(s.server.URL, id)
	c.denied(t)
	c.withoutEvents(t)
	c.stuck(t)
	c.ended(t)

	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status := range op.Responses.Map() {
				if at := method + " " + path + " " + status; !c.seen[at] && !slices.Contains(elsewhere, at) {
					t.Errorf("no answer was seen of %s", at)
				}
			}
		}
	}
	t.Logf("%d kinds of answers", len(c.seen))
}

// particular asks for what is not there, or not right, or there already.
func (c *contract) particular(server string) {
	none := strings.Repeat("1", 32)
	for _, a := range []ask{
		{path: "/page/style.css", want: 200}, {path: "/page/icon.svg", want: 200}, {path: "/page/index.html", want: 200}, {path: "/page/none.js", want: 404},
		{path: "/slow/" + none, want: 404}, {path: "/slow/" + none + "/otlp", want: 404}, {path: "/slow/xyz", want: 400}, {path: "/slow/xyz/otlp", want: 400},
		{path: "/spikes/20200101T000000-1", want: 404}, {path: "/spikes/20200101T000000-1/bundle", want: 404}, {path: "/spikes/20200101T000000-1/trace", want: 404},
		{path: "/evidence/none", want: 404}, {path: "/evidence/none/trace", want: 404}, {path: "/stream?window=2m", want: 400}, {path: "/stream?events=none", want: 400},
		{path: "/endpoints/series", want: 400}, {path: "/endpoints/series?route=/none&method=GET", want: 404},
		{path: "/endpoints/distribution", want: 400}, {path: "/endpoints/distribution?route=/none&method=GET", want: 404},
		{path: "/endpoints/heatmap", want: 400}, {path: "/endpoints/heatmap?route=/none&method=GET", want: 404},
		{path: "/endpoints/detail", want: 400}, {path: "/endpoints/detail?route=/none&method=GET", want: 404},
		{path: "/endpoints/stacks", want: 400}, {path: "/endpoints/stacks?route=/none&method=GET", want: 404},
		{path: "/events/recent?name=cart.added", want: 200},
	} {
		a.method = http.MethodGet
		if c.doc.Paths.Find("/endpoints/detail") == nil && strings.HasPrefix(a.path, "/endpoints/detail") {
			continue
		}
		c.check(server, a)
	}
	now := time.Now().Unix()
	for _, path := range []string{"/endpoints/series", "/endpoints/distribution", "/endpoints/heatmap"} {
		for fixed, want := range map[string]int{
			fmt.Sprintf("from=%d&to=%d", now-5, now+1): 200, fmt.Sprintf("from=0&to=%d", int64(253402300799)): 200,
			"from=1&to=2": 200, // nothing is stored of them
			fmt.Sprintf("from=%d&to=%d", now+3600, now+7200): 400,
			fmt.Sprintf("from=%d", now):                      400, fmt.Sprintf("to=%d", now): 400, fmt.Sprintf("from=%d&to=%d", now, now): 400, "from=-1&to=9": 400,
			"from=1&to=253402300800": 400, "from=x&to=y": 400,
		} {
			c.check(server, ask{method: http.MethodGet, path: path + "?method=GET&route=/checkout&" + fixed, want: want})
		}
	}
	for _, path := range []string{"/", "/page/app.js", "/openapi.json"} {
		resp, err := http.Get(server + mounted + path)
		must(c.t, err)
		must(c.t, resp.Body.Close())
		c.check(server, ask{method: http.MethodGet, path: path, header: http.Header{"If-None-Match": {resp.Header.Get("ETag")}}, want: http.StatusNotModified})
	}
}

// faulty is a history that cannot be read any more from some time on.
type faulty struct {
	history.Store
	gone atomic.Bool
}

func (f *faulty) Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error] {
	if f.gone.Load() {
		return func(yield func(*history.Batch, error) bool) { yield(nil, errors.New("input/output error")) }
	}
	return f.Store.Range(ctx, q)
}

// unreadable asks for what takes a history while that cannot be read.
func (c *contract) unreadable(server string, past *faulty) {
	past.gone.Store(true)
	defer past.gone.Store(false)
	from := time.Now().Add(-48 * time.Hour).Unix()
	for path, item := range c.doc.Paths.Map() {
		if item.Get == nil || path == "/stream" || item.Get.Responses.Status(http.StatusServiceUnavailable) == nil {
			continue
		}
		asked := strings.NewReplacer("{trace_id}", strings.Repeat("1", 32), "{id}", "x").Replace(path)
		if path != "/spikes/{id}" {
			asked += fmt.Sprintf("?from=%d&to=%d", from, from+60)
		}
		if strings.HasPrefix(path, "/endpoints/") {
			asked += "&method=GET&route=/checkout"
		}
		c.check(server, ask{method: http.MethodGet, path: asked, want: http.StatusServiceUnavailable})
	}
}

const jsonKind = "application/json"

// long is an object that is larger than any body may be.
var long = `{"x": "` + strings.Repeat("x", 8<<10) + `"}`

// stored has something stored, and returns the id that it got.
func (c *contract) stored(server string, a ask) (id string) {
	c.t.Helper()
	var answer struct{ ID string }
	a.method, a.kind, a.want = http.MethodPost, jsonKind, http.StatusOK
	must(c.t, json.Unmarshal(c.check(server, a), &answer))
	return answer.ID
}

// acks acknowledges a spike that is open, and takes that back.
func (c *contract) acks(server, spike string) {
	const none = "/spikes/20200101T000000-1/ack"
	path := "/spikes/" + url.PathEscape(spike) + "/ack"
	for _, a := range []ask{
		{method: "POST", path: path, kind: jsonKind, body: `{"by": "ana", "why": "the database is being moved"}`, want: 200},
		{method: "GET", path: strings.TrimSuffix(path, "/ack"), want: 200},
		{method: "POST", path: path, kind: jsonKind, body: `{"why": "nobody says so"}`, want: 400},
		{method: "POST", path: none, kind: jsonKind, body: `{"by": "ana"}`, want: 404},
		{method: "POST", path: path, kind: jsonKind, body: long, want: 413},
		{method: "POST", path: path, kind: "text/plain", body: `{}`, want: 415},
		{method: "DELETE", path: path + "?by=" + strings.Repeat("x", 65), want: 400},
		{method: "DELETE", path: none, want: 404},
		{method: "DELETE", path: path + "?by=ana", want: 200},
		{method: "DELETE", path: path, want: 200}, // there is none to take back
	} {
		c.check(server, a)
	}
}

// marks sets one, and compares what was before it with what was since.
func (c *contract) marks(server, spike string) {
	mark := c.stored(server, ask{path: "/marks", body: `{"text": "build 77", "kind": "deploy"}`})
	for _, a := range []ask{
		{method: "POST", path: "/marks", kind: jsonKind, body: `{"text": ""}`, want: 400},
		{method: "POST", path: "/marks", kind: jsonKind, body: long, want: 413},
		{method: "POST", path: "/marks", kind: "text/plain", body: `{}`, want: 415},
		{method: "GET", path: "/marks", want: 200},
		{method: "GET", path: "/compare?endpoint=GET+/checkout&mark=" + mark, want: 200},
		{method: "GET", path: "/compare?endpoint=GET+/checkout&spike=" + url.QueryEscape(spike), want: 200},
		{method: "GET", path: "/compare?endpoint=GET+/checkout&spike=x", want: 404},
		{method: "GET", path: "/compare?endpoint=GET+/checkout&spike=x&mark=" + mark, want: 400},
		{method: "GET", path: "/compare?mark=" + mark, want: 400},
		{method: "GET", path: "/compare?endpoint=GET+/checkout", want: 400},
		{method: "GET", path: "/compare?endpoint=GET+/checkout&from=yesterday", want: 400},
		{method: "GET", path: "/compare?endpoint=GET+/checkout&mark=none", want: 404},
		{method: "GET", path: "/compare?endpoint=GET+/none&mark=" + mark, want: 404},
	} {
		c.check(server, a)
	}
}

// mutes sets as many as there may be, and ends one.
func (c *contract) mutes(server string) {
	set := ask{path: "/mutes", body: `{"by": "ana", "why": "deployment", "minutes": 15}`}
	id := c.stored(server, set)
	for n := range 99 {
		set.body = fmt.Sprintf(`{"endpoint": "GET /reports/%d/**", "matter": "latency", "by": "ana", "until": %q}`, n, time.Now().Add(time.Hour).Format(time.RFC3339))
		c.stored(server, set)
	}
	for _, a := range []ask{
		{method: "POST", path: "/mutes", kind: jsonKind, body: `{"endpoint": "GET /one/more", "by": "ana", "minutes": 15}`, want: 409},
		{method: "POST", path: "/mutes", kind: jsonKind, body: `{"by": "ana"}`, want: 400},
		{method: "POST", path: "/mutes", kind: jsonKind, body: long, want: 413},
		{method: "POST", path: "/mutes", kind: "text/plain", body: `{}`, want: 415},
		{method: "GET", path: "/mutes", want: 200},
		{method: "DELETE", path: "/mutes/" + id + "?by=" + strings.Repeat("x", 65), want: 400},
		{method: "DELETE", path: "/mutes/" + id + "?by=ana", want: 200},
		{method: "DELETE", path: "/mutes/" + id, want: 404},
	} {
		c.check(server, a)
	}
}

// changes asks for what is left that is not a GET. The last of it ends the spike.
func (c *contract) changes(server, spike string) {
	for _, a := range []ask{
		{method: "PATCH", path: "/config", kind: jsonKind, body: `{"baseline_ratio": 3, "slow_threshold_ms": 400}`, want: 200},
		{method: "PATCH", path: "/config", kind: jsonKind, body: `{"baseline_ratio": -1, "nothing": 1}`, want: 400},
		{method: "PATCH", path: "/config", kind: jsonKind, body: long, want: 413},
		{method: "PATCH", path: "/config", kind: "text/plain", body: `{}`, want: 415},
		{method: "PATCH", path: "/events/config", kind: jsonKind, body: `{"sampling": {"events": 0.5}}`, want: 200},
		{method: "PATCH", path: "/events/config", kind: jsonKind, body: `{"sampling": {"events": 2}}`, want: 400},
		{method: "PATCH", path: "/events/config", kind: jsonKind, body: long, want: 413},
		{method: "PATCH", path: "/events/config", kind: "text/html", body: `{}`, want: 415},
		{method: "POST", path: "/events/flush?timeout=2s", want: 200},
		{method: "POST", path: "/events/flush?timeout=never", want: 400},
		{method: "POST", path: "/reset?baselines=maybe", want: 400},
		{method: "POST", path: "/reset?baselines=false", want: 200},
		{method: "POST", path: "/reset?baselines=true", want: 200},
		{method: "POST", path: "/spikes/" + url.PathEscape(spike) + "/ack", kind: jsonKind, body: `{"by": "ana"}`, want: 409},
	} {
		c.check(server, a)
	}
}

// stream opens the stream of some events. What it returns waits until there was one of each, and checks them.
func (c *contract) stream(server string, names ...string) (wait func()) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, server+mounted+"/stream?window=1m&events="+strings.Join(names, ","), http.NoBody)
	must(c.t, err)
	resp, err := http.DefaultClient.Do(req)
	must(c.t, err)
	c.t.Cleanup(func() { _ = resp.Body.Close() })
	c.validate(ask{method: http.MethodGet, path: "/stream", want: resp.StatusCode}, req, resp, nil)
	seen := make(chan map[string]string, 1)
	go func() { seen <- firstOfEach(resp.Body, len(names)) }()
	return func() {
		c.t.Helper()
		select {
		case got := <-seen:
			c.checkEvents(names, got)
		case <-time.After(exampletest.Patience):
			c.t.Errorf("the stream had not each of %v ", names)
		}
	}
}

// firstOfEach reads server-sent events until there were some of n names, and returns the data of the last of each.
func firstOfEach(stream io.Reader, n int) map[string]string {
	seen := map[string]string{}
	lines, name := bufio.NewScanner(stream), ""
	lines.Buffer(nil, 4<<20)
	for len(seen) < n && lines.Scan() {
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = event
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			seen[name] = data
		}
	}
	return seen
}

func (c *contract) checkEvents(names []string, got map[string]string) {
	c.t.Helper()
	schemas := map[string]string{"summary": "Summary", "slow": "SlowRequest", "spike": "SpikeChange"}
	for _, name := range names {
		var v any
		if err := json.Unmarshal([]byte(got[name]), &v); err != nil {
			c.t.Errorf("the stream's %s: %v", name, err)
		} else if err := c.doc.Components.Schemas[schemas[name]].Value.VisitJSON(v); err != nil {
			c.t.Errorf("the stream's %s: %v\n%.500s", name, err, got[name])
		}
	}
}

// denied asks for everything without the token, and as somebody whom the authorizer does not let in.
func (c *contract) denied(t *testing.T) {
	const token = "correct horse battery staple"
	locked := endpointOf(t, otelperf.WithBearerToken(token), otelperf.WithEvents())
	closed := endpointOf(t, otelperf.WithAuthorizer(func(*http.Request) bool { return false }), otelperf.WithEvents())
	foreign := http.Header{"Origin": {"http://evil.test"}, "Sec-Fetch-Site": {"cross-site"}}
	for path, item := range c.doc.Paths.Map() {
		asked := strings.NewReplacer("{trace_id}", strings.Repeat("1", 32), "{id}", "x", "{file}", "app.js").Replace(path)
		for method := range item.Operations() {
			if path != "/login" && path != "/logout" {
				c.check(locked, ask{method: method, path: asked, want: http.StatusUnauthorized})
				c.check(closed, ask{method: method, path: asked, want: http.StatusForbidden})
			}
			if method == http.MethodPost {
				c.check(locked, ask{method: method, path: asked, header: foreign, want: http.StatusForbidden})
			}
		}
	}
	const form = "application/x-www-form-urlencoded"
	for _, a := range []ask{
		{path: "/login", kind: form, body: "token=" + url.QueryEscape(token), want: 303}, {path: "/login", kind: "application/json", body: `{"token": "` + token + `"}`, want: 204},
		{path: "/login", kind: form, body: "token=wrong", want: 401}, {path: "/login", kind: "application/json", body: `{`, want: 400},
		{path: "/login", kind: form, body: "token=" + strings.Repeat("x", 8<<10), want: 413}, {path: "/login", kind: "text/plain", body: token, want: 415},
		{path: "/logout", want: 204}, {path: "/logout", kind: form, body: "x=1", want: 303},
	} {
		a.method = http.MethodPost
		c.check(locked, a)
	}
	c.guessed(locked)
}

// guessed asks for everything after too many wrong tokens.
func (c *contract) guessed(locked string) {
	wrong := http.Header{"Authorization": {"Bearer wrong"}}
	for range 10 {
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, locked+mounted+"/health", http.NoBody)
		must(c.t, err)
		req.Header = wrong
		resp, err := http.DefaultClient.Do(req)
		must(c.t, err)
		must(c.t, resp.Body.Close())
	}
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Responses.Status(http.StatusTooManyRequests) == nil {
				continue
			}
			a := ask{method: method, path: strings.NewReplacer("{trace_id}", strings.Repeat("1", 32), "{id}", "x", "{file}", "app.js").Replace(path), header: wrong, want: http.StatusTooManyRequests}
			if path == "/login" {
				a.kind, a.body = "application/x-www-form-urlencoded", "token=wrong"
			}
			c.check(locked, a)
		}
	}
}

// record has evidence recorded, and waits for a recording of a spike and its trace. It returns the recording's id.
func (c *contract) record(server, spike string) (id string) {
	c.t.Helper()
	idle := func() (answer struct {
		Status     struct{ State string }
		Recordings []struct {
			ID    uint64
			Trace bool
		}
	}) {
		exampletest.Eventually(c.t, "the recorder is idle", func() bool {
			must(c.t, json.Unmarshal(fetch(c.t, server+mounted+"/evidence"), &answer))
			return answer.Status.State == "idle"
		})
		return answer
	}
	record := func(query string, want int) {
		c.check(server, ask{method: http.MethodPost, path: "/evidence/record" + query, want: want})
	}
	record("?for=1h", http.StatusBadRequest)
	for range 3 { // one that the spike began may be in the way
		idle()
		resp, err := http.Post(server+mounted+"/evidence/record?for=2s", "", http.NoBody)
		must(c.t, err)
		must(c.t, resp.Body.Close())
		if resp.StatusCode == http.StatusOK {
			break
		}
	}
	record("?for=2s", http.StatusConflict)
	idle()
	record("?for=2s", http.StatusOK)
	exampletest.Eventually(c.t, "the spike has a trace", func() bool {
		resp, err := http.Get(server + mounted + "/spikes/" + spike + "/trace")
		must(c.t, err)
		must(c.t, resp.Body.Close())
		return resp.StatusCode == http.StatusOK
	})
	return strconv.FormatUint(idle().Recordings[0].ID, 10)
}

// withoutEvents asks for what is there only with events, or with evidence.
func (c *contract) withoutEvents(t *testing.T) {
	bare := endpointOf(t, otelperf.WithLocalChanges())
	c.check(bare, ask{method: http.MethodPost, path: "/evidence/record", want: http.StatusNotImplemented})
	for path, item := range c.doc.Paths.Map() {
		if path != "/stats" && !strings.HasPrefix(path, "/events/") {
			continue
		}
		for method := range item.Operations() {
			c.check(bare, ask{method: method, path: path, want: http.StatusNotFound})
		}
	}
}

// stalled is an exporter that takes nothing until it is let go, and then has lost it.
type stalled struct {
	let  chan struct{}
	once sync.Once
}

// Export waits.
func (s *stalled) Export(context.Context, []sdklog.Record) error {
	<-s.let
	return nil
}

// Shutdown has nothing to do.
func (s *stalled) Shutdown(context.Context) error { return nil }

// ForceFlush says that the collector does not answer.
func (s *stalled) ForceFlush(context.Context) error { return errors.New("no answer") }

// stuck flushes while the collector takes nothing.
func (c *contract) stuck(t *testing.T) {
	e := &stalled{let: make(chan struct{})}
	t.Cleanup(func() { e.once.Do(func() { close(e.let) }) })
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(e)))
	mon, err := otelperf.New(otelperf.WithEvents(), otelperf.WithLoggerProvider(lp), otelperf.WithLocalChanges())
	must(t, err)
	must(t, mon.Events().Track(t.Context(), events.Event{Name: "cart.added"}))
	srv := serve(t, http.StripPrefix(mounted, mon.Handler()))
	c.check(srv, ask{method: http.MethodPost, path: "/events/flush?timeout=50ms", want: http.StatusGatewayTimeout})
	e.once.Do(func() { close(e.let) })
	c.check(srv, ask{method: http.MethodPost, path: "/events/flush", want: http.StatusBadGateway})
	ctx, cancel := context.WithTimeout(context.Background(), exampletest.Patience)
	defer cancel()
	must(t, mon.Shutdown(ctx))
}

// ended asks for a recording after Shutdown.
func (c *contract) ended(t *testing.T) {
	mon, err := otelperf.New(otelperf.WithLocalChanges(), otelperf.WithEvidence(evidence.New()))
	must(t, err)
	srv := serve(t, http.StripPrefix(mounted, mon.Handler()))
	must(t, mon.Shutdown(t.Context()))
	c.check(srv, ask{method: http.MethodPost, path: "/evidence/record", want: http.StatusServiceUnavailable})
}

// The contract has a schema for all that the paths name, and every path is one of the documented table.
func TestContractHasTheTable(t *testing.T) {
	c := newContract(t, fetch(t, endpointOf(t, otelperf.WithEvents())+mounted+"/openapi.json"))
	table := strings.Fields(`/ /summary /metrics /performance /endpoints /endpoints/series /slow /slow/{trace_id} /slow/{trace_id}/otlp /active /errors
		/dependencies /spikes /spikes/{id} /stream /health /config /diagnostics /reset /events/recent /stats /events/flush /openapi.json`)
	have := slices.Collect(maps.Keys(c.doc.Paths.Map()))
	for _, path := range table {
		if !slices.Contains(have, path) {
			t.Errorf("the contract lacks %s", path)
		}
	}
}

func fetch(t *testing.T, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	must(t, err)
	body, err := io.ReadAll(resp.Body)
	must(t, errors.Join(err, resp.Body.Close()))
	if resp.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("GET %s: %s", address, resp.Status))
	}
	return body
}
