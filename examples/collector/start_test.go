// SPDX-License-Identifier: Apache-2.0

package collector_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// TestTwoCommands runs the example as the README says, and looks at what arrived.
func TestTwoCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a collector of 60 MB")
	}
	began := time.Now()
	elapsed := func(what string) { t.Logf("%s after %.1f s", what, time.Since(began).Seconds()) }
	dir := t.TempDir()
	prometheus := port(t)
	example := start(t, append(os.Environ(), "OUT="+dir, "OTLP_PORT="+port(t), "OTLP_HTTP_PORT="+port(t), "PROMETHEUS_PORT="+prometheus, "HEALTH_PORT="+port(t)),
		"-listen", "127.0.0.1:0", "-slow-after", "13s")

	await(t, dir, anyMetric)
	elapsed("built, and the first metrics arrived")
	got := await(t, dir, func(r *collector.Received) bool {
		return event(r, "otelperf.spike.started") && slowCheckouts(r) > 0
	})
	elapsed("the spike arrived")
	if !event(got, "otelperf.spike.started") {
		t.Errorf("the spike did not arrive as a log record:\n%s", example.output.String())
	}
	if slowCheckouts(got) == 0 {
		t.Error("tail sampling kept no slow checkout")
	}
	rescued := 0
	for from, s := range got.Spans() {
		if name, _ := from.Resource.Attributes().Get("service.name"); name.Str() != "shop" {
			t.Fatalf("a span is of service %q, OTEL_SERVICE_NAME says shop", name.Str())
		}
		if v, ok := s.Attributes().Get("otelperf.rescued"); ok && v.Bool() {
			rescued++
		}
		if s.Kind() == ptrace.SpanKindServer && s.Status().Code() != ptrace.StatusCodeError && s.EndTimestamp()-s.StartTimestamp() < 5e8 {
			if v, ok := s.Attributes().Get("otelperf.slow"); !ok || !v.Bool() {
				t.Errorf("tail sampling kept %s of %v, neither slow nor failed", s.Name(), time.Duration(s.EndTimestamp()-s.StartTimestamp()))
			}
		}
	}
	if rescued == 0 {
		t.Error("no trace was rescued, though nine in ten are not sampled")
	}
	units := map[string]string{}
	for _, m := range got.Metrics() {
		units[m.Name()] = m.Unit()
	}
	for _, name := range []string{"otelperf.request.duration", "otelperf.endpoint.p99", "http.server.request.duration"} {
		if units[name] != "s" {
			t.Errorf("%s arrived with unit %q, want s", name, units[name])
		}
	}
	if _, ok := units["traces.span.metrics.calls"]; !ok {
		t.Error("span_metrics made nothing of the spans")
	}
	if text := get(t, "http://127.0.0.1:"+prometheus+"/metrics"); !strings.Contains(text, `otelperf_endpoint_p99_seconds{`) || !strings.Contains(text, `http_route="/checkout"`) {
		t.Errorf("the collector's Prometheus endpoint lacks our gauges:\n%.2000s", text)
	}
	show, err := exec.CommandContext(t.Context(), "go", "run", "./show", "-dir", dir).CombinedOutput()
	if err != nil || !strings.Contains(string(show), "otelperf.spike.started") || !strings.Contains(string(show), "otelperf.request.duration") {
		t.Errorf("show: %v\n%s", err, show)
	}
	elapsed("shown")
	example.interrupt(t)
	elapsed("ended")
}

func anyMetric(r *collector.Received) bool {
	for range r.Metrics() {
		return true
	}
	return false
}

func event(r *collector.Received, name string) bool {
	for _, l := range r.Logs() {
		if l.EventName() == name {
			return true
		}
	}
	return false
}

func slowCheckouts(r *collector.Received) (n int) {
	for _, s := range r.Spans() {
		if s.Name() == "GET /checkout" && s.EndTimestamp()-s.StartTimestamp() >= 5e8 {
			n++
		}
	}
	return n
}

func await(t *testing.T, dir string, done func(*collector.Received) bool) *collector.Received {
	t.Helper()
	until := time.Now().Add(time.Hour) // the first build takes minutes
	if end, limited := t.Deadline(); limited {
		until = end.Add(-30 * time.Second)
	}
	for ; ; time.Sleep(200 * time.Millisecond) {
		r, err := collector.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if done(r) || time.Now().After(until) {
			return r
		}
	}
}

// process is the script with its children.
type process struct {
	cmd    *exec.Cmd
	output *bytes.Buffer
}

func start(t *testing.T, env []string, args ...string) process {
	t.Helper()
	p := process{exec.Command("./start", args...), &bytes.Buffer{}}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end all of them, should the test fail
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
	return p
}

func (p process) interrupt(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(os.Interrupt)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the script ended with %v\n%s", err, p.output.String())
	}
}

func port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(exampletest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
