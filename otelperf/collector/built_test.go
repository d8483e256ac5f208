// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collector

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
)

// builder is the Collector Builder that builder.yaml is for.
const builder = "go.opentelemetry.io/collector/cmd/builder@v0.165.0"

// build builds the collector of builder.yaml. Without a network the test is skipped, or fails if OTELPERF_REQUIRE has ocb.
func build(t *testing.T) (binary string) {
	t.Helper()
	module, version, _ := strings.Cut(builder, "@")
	if out, err := exec.Command("go", "list", "-m", module+"@"+version).CombinedOutput(); err != nil {
		if strings.Contains(os.Getenv("OTELPERF_REQUIRE"), "ocb") {
			t.Fatalf("OTELPERF_REQUIRE has ocb, which cannot be had: %s", out)
		}
		t.Skipf("the builder cannot be had: %s", out)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile("builder.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := string(manifest)
	for _, change := range [][2]string{
		{"output_path: ./otelcol-otelperf", "output_path: " + dir}, {"=> ../../..\n", "=> " + filepath.Dir(filepath.Dir(here)) + "\n"}, {"=> ..\n", "=> " + here + "\n"},
		{"=> ../../history/bolt\n", "=> " + filepath.Join(filepath.Dir(here), "history", "bolt") + "\n"},
	} {
		if strings.Count(text, change[0]) != 1 {
			t.Fatalf("builder.yaml does not have %q once", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	file := filepath.Join(dir, "builder.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "run", builder, "--config", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "otelcol-otelperf")
}

// output is what a process has written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// TestBuiltCollector builds a collector as its users do, and runs it with the example's configuration: requests come out as a histogram, which
// goes on over a reload by signal, and it ends when it is told to.
func TestBuiltCollector(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a collector")
	}
	binary := build(t)
	if out, err := exec.Command(binary, "components").CombinedOutput(); err != nil || !strings.Contains(string(out), "name: otelperf") {
		t.Fatalf("%v: %s", err, out)
	}
	port := freePort(t)
	changed := filepath.Join(t.TempDir(), "changed.yaml")
	configure := func(lateness string) {
		if err := os.WriteFile(changed, []byte("connectors: {otelperf: {metrics_flush_interval: 1s, lateness: "+lateness+"}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure("1s")
	var out output
	cmd := exec.Command(binary, "--config", "example.yaml", "--config", changed,
		"--config", fmt.Sprintf("yaml:receivers::otlp::protocols::grpc::endpoint: 127.0.0.1:%d", port),
		"--config", fmt.Sprintf("yaml:receivers::otlp::protocols::http::endpoint: 127.0.0.1:%d", freePort(t)),
		"--config", "yaml:service::telemetry::metrics::level: none")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	until := func(what string, is func() bool) {
		t.Helper()
		defer func() {
			if t.Failed() {
				t.Log(&out)
			}
		}()
		eventually(t, what, func() bool {
			select {
			case err := <-ended:
				t.Fatalf("it ended with %v", err)
			default:
			}
			return is()
		})
	}
	send := func(n int) {
		b := simulate.Batch{Service: "shop"}
		for range n {
			b.Requests = append(b.Requests, simulate.Request{Service: "shop", Route: "/cart", End: time.Now(), Duration: 20 * time.Millisecond, Status: 200})
		}
		ctx, cancel := patient(t)
		defer cancel()
		if _, err := ptraceotlp.NewGRPCClient(conn).Export(ctx, ptraceotlp.NewExportRequestFromTraces(b.Traces(0)), grpc.WaitForReady(true)); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	}
	counted := func(n int) func() bool {
		return func() bool {
			s := out.String()
			return strings.Contains(s, "-> Name: otelperf.request.duration\n") && strings.Contains(s, fmt.Sprintf("\nCount: %d\n", n))
		}
	}
	ready := func(times int) func() bool {
		return func() bool {
			return strings.Count(out.String(), "Everything is ready. Begin running and processing data.") == times
		}
	}
	until("it is ready", ready(1))
	send(30)
	until("30 requests are in the histogram", counted(30))
	configure("2s")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until("it has reloaded", ready(2))
	send(12)
	until("42 requests are in the histogram", counted(42))
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v:\n%s", err, &out)
		}
	case <-time.After(time.Until(patience(t))):
		t.Errorf("it does not end:\n%s", &out)
	}
}
