// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const secret = "0123456789abcdef"

// shownRig is a collector whose services are shown.
type shownRig struct {
	*rig
	clock *clock
	url   string // of the list, with a slash at its end
	token string
	n     uint64 // requests that were sent
}

func shownConfig(t *testing.T, port, at int, extension, connector string) string {
	return fmt.Sprintf("extensions: {otelperf: {endpoint: '127.0.0.1:%d', %s}, pass: {}}", at, extension) +
		strings.Replace(configOf(t, port, connector), "service:\n", "service:\n  extensions: [otelperf, pass]\n", 1)
}

// newShown starts one that is to judge so many seconds, up to some seconds from now.
func newShown(t *testing.T, extension string, seconds int) *shownRig {
	c := &clock{now: time.Now().Add(time.Duration(20-seconds) * time.Second).Truncate(time.Second)}
	port, at := freePort(t), freePort(t)
	s := &shownRig{clock: c, url: fmt.Sprintf("http://127.0.0.1:%d/", at)}
	if strings.Contains(extension, "token") {
		s.token = secret
	}
	s.rig = newRigOf(t, newShareBook(c.time, false), port, shownConfig(t, port, at, extension, "{}"))
	return s
}

// seconds sends what two services do in so many seconds, in which the database of checkout takes so long, and judges them.
func (s *shownRig) seconds(n int, db time.Duration) {
	s.Helper()
	for range n {
		now := s.clock.time()
		td := ptrace.NewTraces()
		checkout, mail := spansOf(td, "shop", "checkout"), spansOf(td, "", "mail")
		for i := range 5 {
			s.n++
			end := now.Add(time.Duration(i) * 150 * time.Millisecond)
			took := db + time.Duration(s.n*7919%13)*time.Millisecond
			status := 200
			if s.n%400 == 0 {
				status = 500
			}
			root := s.span(checkout, ptrace.SpanKindServer, "POST /orders", 1, 0, end, took+10*time.Millisecond)
			root.Attributes().PutStr("http.request.method", "POST")
			root.Attributes().PutStr("http.route", "/orders")
			root.Attributes().PutInt("http.response.status_code", int64(status))
			if status == 500 {
				root.Attributes().PutStr("error.type", "OutOfStock")
			}
			call := s.span(checkout, ptrace.SpanKindClient, "SELECT stock", 2, 1, end.Add(-2*time.Millisecond), took)
			call.Attributes().PutStr("db.system.name", "postgresql")
			call.Attributes().PutStr("db.query.summary", "SELECT stock")
			other := s.span(mail, ptrace.SpanKindServer, "POST /send", 3, 0, end, 30*time.Millisecond+time.Duration(s.n*7919%7)*time.Millisecond)
			other.Attributes().PutStr("http.request.method", "POST")
			other.Attributes().PutStr("http.route", "/send")
			other.Attributes().PutInt("http.response.status_code", 200)
		}
		s.send(td)
		s.clock.set(now.Add(time.Second))
		s.share().tick(s.clock.time())
	}
}

func spansOf(td ptrace.Traces, namespace, name string) ptrace.SpanSlice {
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", name)
	rs.Resource().Attributes().PutStr("service.instance.id", name+"-1")
	if namespace != "" {
		rs.Resource().Attributes().PutStr("service.namespace", namespace)
	}
	return rs.ScopeSpans().AppendEmpty().Spans()
}

func (s *shownRig) span(to ptrace.SpanSlice, kind ptrace.SpanKind, name string, id, parent byte, end time.Time, took time.Duration) ptrace.Span {
	sp := to.AppendEmpty()
	sp.SetTraceID(pcommon.TraceID{byte(s.n >> 16), byte(s.n >> 8), byte(s.n), 1, 15: byte(s.n)})
	sp.SetSpanID(pcommon.SpanID{id, byte(s.n >> 16), byte(s.n >> 8), byte(s.n)})
	if parent != 0 {
		sp.SetParentSpanID(pcommon.SpanID{parent, byte(s.n >> 16), byte(s.n >> 8), byte(s.n)})
	}
	sp.SetKind(kind)
	sp.SetName(name)
	sp.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-took)))
	sp.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	return sp
}

// request sends one, with the token if there is one.
func (s *shownRig) request(method, path, body string, headers ...string) *http.Response {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	s.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r) // which follows no redirection
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// get is an answer in JSON.
func (s *shownRig) get(path string, into any) {
	s.Helper()
	resp := s.request(http.MethodGet, path, "")
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, into)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		s.Fatalf("GET %s is %d, %v: %.300s", path, resp.StatusCode, err, body)
	}
}

// status is that of an answer, and what it says.
func (s *shownRig) status(method, path, body string, headers ...string) (int, string) {
	s.Helper()
	resp := s.request(method, path, body, headers...)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// listed is what the test reads of GET services.
type listed struct {
	Open     int
	Services []struct {
		Service, Namespace, Connector, Path string
		Verdict                             struct{ Status, Title, Detail string }
		Count, Instances, Endpoints, Open   int
		P99Ms                               *float64 `json:"p99_ms"`
	}
}

// summed is what the test reads of GET summary.
type summed struct {
	Service, Instance string
	Verdict           struct{ Status, Title, Detail string }
	TotalRequests     int              `json:"total_requests"`
	Spikes            []map[string]any `json:"spikes"`
	Marks             []map[string]any `json:"marks"`
	Diagnostics       struct{ Stalled bool }
}

const checkoutPath = "services/shop%2Fcheckout/"

// TestPages: of two services, of which one becomes slow, the list says which, and its own endpoint why.
func TestPages(t *testing.T) {
	s := newShown(t, "token: "+secret, 600)
	s.seconds(600, 20*time.Millisecond)
	var l listed
	s.get("services", &l)
	if len(l.Services) != 2 || l.Services[0].Verdict.Status != "ok" || l.Services[1].Verdict.Status != "ok" || l.Open != 0 {
		t.Fatalf("the list is %+v", l)
	}

	// A stream has what is new from here on.
	stream := s.request(http.MethodGet, checkoutPath+"stream?topics=spike,slow", "")
	if stream.StatusCode != http.StatusOK || stream.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream is %d %s", stream.StatusCode, stream.Header.Get("Content-Type"))
	}
	seen := make(chan string, 2)
	go func() {
		told := map[string]bool{}
		for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
			if topic, ok := strings.CutPrefix(lines.Text(), "event: "); ok && !told[topic] {
				told[topic] = true
				seen <- topic
			}
		}
	}()

	s.seconds(180, 700*time.Millisecond)
	for range 2 {
		select {
		case <-seen:
		case <-time.After(time.Minute):
			t.Fatal("the stream has not told of slow requests and of the spike")
		}
	}
	s.until("the list is made anew", func() bool { s.get("services", &l); return l.Services[0].Verdict.Status != "ok" })
	first := l.Services[0]
	if first.Service != "checkout" || first.Namespace != "shop" || first.Verdict.Status != "slow" || first.Path != checkoutPath || first.Open != 1 || first.Instances != 1 || first.Endpoints != 1 || first.P99Ms == nil {
		t.Errorf("first in the list is %+v", first)
	}
	if mail := l.Services[1]; mail.Service != "mail" || mail.Verdict.Status != "ok" || l.Open != 1 {
		t.Errorf("the other one is %+v, %d are open", mail, l.Open)
	}
	var sum summed
	s.get(first.Path+"summary", &sum)
	if sum.Service != "checkout" || sum.Instance != "all instances" || sum.Verdict.Title != first.Verdict.Title || sum.TotalRequests < 3800 || sum.Diagnostics.Stalled {
		t.Errorf("the summary is %+v", sum)
	}
	if len(sum.Spikes) != 1 || !strings.Contains(fmt.Sprint(sum.Spikes[0]["cause"]), "checkout -> postgresql") {
		t.Errorf("spikes are %+v, want one with its cause", sum.Spikes)
	}
	var failures struct{ Errors []map[string]any }
	if s.get(first.Path+"errors", &failures); len(failures.Errors) != 1 || failures.Errors[0]["type"] != "OutOfStock" {
		t.Errorf("errors are %v", failures.Errors)
	}
	var detail struct {
		NormalSamples int    `json:"normal_samples"`
		Note          string `json:"note"`
	}
	if s.get(first.Path+"endpoints/detail?method=POST&route=/orders", &detail); detail.NormalSamples < 10 || !strings.Contains(detail.Note, "received from elsewhere") {
		t.Errorf("what is known of its endpoint is %+v", detail)
	}
	if s.get(first.Path+"endpoints/stacks?method=POST&route=/orders", &detail); !strings.Contains(detail.Note, "not known here") {
		t.Errorf("of where its requests are is said: %q", detail.Note)
	}
	var all struct{ Known, Count int }
	if s.get("instances", &all); all.Known != 2 || all.Count != 0 {
		t.Errorf("instances are %+v", all)
	}
	for path, want := range map[string]string{"": "<title>otelperf: services", "page/list.js": "fetch(", "openapi.json": "/instances", checkoutPath: "<html", checkoutPath + "openapi.json": "/summary"} {
		if code, text := s.status(http.MethodGet, path, ""); code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("GET %q is %d, and has not %q", path, code, want)
		}
	}
	if resp := s.request(http.MethodGet, strings.TrimSuffix(checkoutPath, "/"), ""); resp.StatusCode != http.StatusTemporaryRedirect || resp.Header.Get("Location") != "./shop%2Fcheckout/" {
		t.Errorf("without its slash the page is %d, at %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	for path, want := range map[string]string{"services/nobody/summary": "no service", "summary": "services/NAME/"} {
		if code, text := s.status(http.MethodGet, path, ""); code != http.StatusNotFound || !strings.Contains(text, want) {
			t.Errorf("GET %s is %d: %s", path, code, text)
		}
	}

	// What is muted is an event for logs alone.
	asJSON := []string{"Content-Type", "application/json"}
	if code, text := s.status(http.MethodPost, "services/mail/mutes", `{"endpoint": "*", "minutes": 60, "by": "ann"}`, asJSON...); code/100 != 2 {
		t.Errorf("a mute is refused: %d %s", code, text)
	}
	if code, text := s.status(http.MethodPost, checkoutPath+"marks", `{"text": "build 77"}`, asJSON...); code/100 != 2 {
		t.Errorf("a mark is refused: %d %s", code, text)
	}
	if code, text := s.status(http.MethodPatch, checkoutPath+"config", `{"baseline_ratio": 3}`, asJSON...); code != http.StatusBadRequest || !strings.Contains(text, "configuration") {
		t.Errorf("a setting is changed: %d %s", code, text)
	}
}

// TestPagesOverReload: what is known, and what was noted, is there after a real reload, and no goroutine after the end.
func TestPagesOverReload(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newShown(t, "token: "+secret, 120)
	s.seconds(60, 20*time.Millisecond)
	asJSON := []string{"Content-Type", "application/json"}
	if code, text := s.status(http.MethodPost, checkoutPath+"marks", `{"text": "build 77"}`, asJSON...); code/100 != 2 {
		t.Fatalf("a mark is refused: %d %s", code, text)
	}
	if code, text := s.status(http.MethodPost, checkoutPath+"mutes", `{"endpoint": "*", "minutes": 60, "by": "ann"}`, asJSON...); code/100 != 2 {
		t.Fatalf("a mute is refused: %d %s", code, text)
	}
	stream := s.request(http.MethodGet, checkoutPath+"stream", "")
	old := s.share()
	s.config.change(strings.Replace(s.config.yaml, "otelperf: {}", "otelperf: {lateness: 5s}", 1))
	s.until("it is reloaded", func() bool {
		now := s.share()
		return now != nil && now != old && s.col.GetState() == otelcol.StateRunning
	})
	if _, err := io.Copy(io.Discard, stream.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream ended with %v", err)
	}
	s.seconds(20, 20*time.Millisecond)
	var sum summed
	s.get(checkoutPath+"summary", &sum)
	if sum.TotalRequests < 5*60 || len(sum.Marks) != 1 || sum.Marks[0]["text"] != "build 77" {
		t.Errorf("after the reload the summary is %+v", sum)
	}
	var noted struct{ Mutes []struct{ By string } }
	if s.get(checkoutPath+"mutes", &noted); len(noted.Mutes) != 1 || noted.Mutes[0].By != "ann" {
		t.Errorf("after the reload mutes are %+v", noted)
	}
	second := s.request(http.MethodGet, "services/mail/stream", "") // which is read at the end
	s.stop()
	_ = second.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b := make([]byte, 1<<20)
			t.Fatalf("goroutines are left:\n%s", b[:runtime.Stack(b, true)])
		}
	}
}

// TestMutedEvents: an incident that is muted leaves as information, and what the mute has held back is told when it is ended.
func TestMutedEvents(t *testing.T) {
	s := newShown(t, "token: "+secret, 600)
	s.seconds(600, 20*time.Millisecond)
	var mute struct{ ID string }
	code, text := s.status(http.MethodPost, checkoutPath+"mutes", `{"endpoint": "*", "minutes": 60, "by": "ann"}`, "Content-Type", "application/json")
	if err := json.Unmarshal([]byte(text), &mute); err != nil || code/100 != 2 {
		t.Fatalf("a mute is refused: %d %s", code, text)
	}
	s.seconds(60, 700*time.Millisecond)
	s.until("an event comes", func() bool { return len(s.sink.events()) > 0 })
	s.sink.mu.Lock()
	r := s.sink.logs[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	n := len(s.sink.logs)
	s.sink.mu.Unlock()
	if v, ok := r.Attributes().Get("otelperf.spike.muted"); !ok || !v.Bool() || r.SeverityText() != "INFO" {
		t.Errorf("the event is %s %v", r.SeverityText(), r.Attributes().AsRaw())
	}
	if code, text := s.status(http.MethodDelete, checkoutPath+"mutes/"+mute.ID, ""); code/100 != 2 {
		t.Fatalf("the mute is not ended: %d %s", code, text)
	}
	s.seconds(2, 700*time.Millisecond)
	s.until("what was held back comes", func() bool {
		s.sink.mu.Lock()
		defer s.sink.mu.Unlock()
		for _, ld := range s.sink.logs[n:] {
			r := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
			if _, muted := r.Attributes().Get("otelperf.spike.muted"); !muted && r.EventName() == "otelperf.spike.started" && r.SeverityText() == "ERROR" {
				return true
			}
		}
		return false
	})
}

// TestWhoMayLook: without a token, this machine, and to look alone; with one, who knows it; with auth, whom that lets in.
func TestWhoMayLook(t *testing.T) {
	asJSON := []string{"Content-Type", "application/json"}
	for name, c := range map[string]struct {
		extension      string
		headers        []string
		look, change   int
		isToldToSetOne bool
	}{
		"this machine":           {"", nil, 200, 403, false},
		"behind a proxy":         {"", []string{"X-Forwarded-For", "10.0.0.1"}, 403, 403, true},
		"local changes":          {"local_changes: true", nil, 200, 200, false},
		"token":                  {"token: " + secret, nil, 200, 200, false},
		"wrong token":            {"token: " + secret, []string{"Authorization", "Bearer 0000"}, 401, 401, false},
		"who auth knows":         {"auth: {authenticator: pass}", []string{"X-Pass", "yes"}, 200, 200, false},
		"who auth does not know": {"auth: {authenticator: pass}", nil, 401, 401, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShown(t, c.extension, 30)
			s.seconds(10, 20*time.Millisecond)
			for _, path := range []string{"services", "", checkoutPath, checkoutPath + "summary"} {
				if code, text := s.status(http.MethodGet, path, "", c.headers...); code != c.look {
					t.Errorf("GET %q is %d, want %d: %.200s", path, code, c.look, text)
				} else if c.isToldToSetOne && !strings.Contains(text, "or set auth or token") {
					t.Errorf("it says %s", text)
				}
			}
			if code, text := s.status(http.MethodPost, checkoutPath+"marks", `{"text": "x"}`, append(asJSON, c.headers...)...); code != c.change {
				t.Errorf("a mark is %d, want %d: %.200s", code, c.change, text)
			}
		})
	}
}

// TestNoSuchExtension: a connector that names an extension that there is not does not start.
func TestNoSuchExtension(t *testing.T) {
	id := component.MustNewIDWithName("otelperf", "other")
	c := createDefaultConfig().(*Config)
	c.Extension = &id
	in := &instance{book: newShareBook(time.Now, false), config: c}
	if err := in.Start(context.Background(), noHost{}); err == nil || !strings.Contains(err.Error(), "otelperf/other") {
		t.Errorf("it starts: %v", err)
	}
}

type noHost struct{}

func (noHost) GetExtensions() map[component.ID]component.Component { return nil }

// passFactory makes an authenticator that lets in who sends X-Pass.
var passFactory = extension.NewFactory(component.MustNewType("pass"), func() component.Config { return &struct{}{} },
	func(context.Context, extension.Settings, component.Config) (extension.Extension, error) {
		return pass{}, nil
	}, component.StabilityLevelStable)

type pass struct {
	component.StartFunc
	component.ShutdownFunc
}

var _ extensionauth.Server = pass{}

func (pass) Authenticate(ctx context.Context, headers map[string][]string) (context.Context, error) {
	if len(headers["X-Pass"]) == 0 {
		return ctx, errors.New("who are you?")
	}
	return ctx, nil
}

// TestStreamsOutliveTimeouts: a stream goes on after the server's write_timeout.
func TestStreamsOutliveTimeouts(t *testing.T) {
	s := newShown(t, "token: "+secret+", write_timeout: 1s", 30)
	s.seconds(10, 20*time.Millisecond)
	began := time.Now()
	stream := s.request(http.MethodGet, checkoutPath+"stream", "")
	lines := bufio.NewScanner(stream.Body)
	for lines.Buffer(nil, 1<<20); time.Since(began) < 2*time.Second; {
		if !lines.Scan() {
			t.Fatalf("it ended after %v: %v", time.Since(began), lines.Err())
		}
	}
}

// TestCommand: the real command takes the URL of a service as that of any other, and check's exit status says whether anything is wrong.
func TestCommand(t *testing.T) {
	command := filepath.Join(t.TempDir(), "otelperf")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", command, ".")
	build.Dir = filepath.Join("..", "..", "cmd", "otelperf")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the command is not built: %v\n%s", err, out)
	}
	s := newShown(t, "token: "+secret, 600)
	s.seconds(600, 20*time.Millisecond)
	run := func(input string, args ...string) (int, string) {
		cmd := exec.CommandContext(t.Context(), command, args...)
		cmd.Env = append(cmd.Environ(), "OTELPERF_TOKEN="+secret, "TERM=dumb")
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	if code, out := run("", "check", "--no-spike", s.url+checkoutPath); code != 0 {
		t.Errorf("check is %d while all is well: %s", code, out)
	}
	s.seconds(120, 700*time.Millisecond)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) { // who looks has the engine's numbers by the second
		code, out := run("", "check", "--no-spike", s.url+checkoutPath)
		if code == 1 && strings.Contains(out, "/orders") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("check is %d of a service that is slow: %s", code, out)
		}
	}
	if code, out := run("", "check", "--no-spike", s.url+"services/mail/"); code != 0 {
		t.Errorf("check is %d of the other service: %s", code, out)
	}
	if code, out := run("", "summary", s.url+checkoutPath); code != 0 || !strings.Contains(out, "checkout -> postgresql") {
		t.Errorf("summary is %d: %s", code, out)
	}
	if code, out := run("", "top", s.url+checkoutPath); code != 0 || !strings.Contains(out, "/orders") {
		t.Errorf("top is %d: %s", code, out)
	}
	if code, out := run("", "slow", s.url+checkoutPath); code != 0 || !strings.Contains(out, "/orders") {
		t.Errorf("slow is %d: %s", code, out)
	}
	ask := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whats_wrong","arguments":{}}}
`
	if code, out := run(ask, "mcp", s.url+checkoutPath); code != 0 || !strings.Contains(out, "SLOW: POST /orders") {
		t.Errorf("mcp is %d: %.2000s", code, out)
	}
	if code, out := run("", "summary", s.url); code == 0 || !strings.Contains(out, "services/NAME/") {
		t.Errorf("of the list, summary is %d: %s", code, out)
	}
	if code, out := run("", "summary", "--token", "0000000000000000", s.url+checkoutPath); code == 0 || !strings.Contains(out, "401") {
		t.Errorf("with a wrong token, summary is %d: %s", code, out)
	}
}
