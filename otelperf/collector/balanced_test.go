// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/simulate"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
)

// tiers are a real balancer, which sends all spans by service to four collectors, and by trace to three others, over a real wire.
type tiers struct {
	*testing.T
	clock     *clock
	byService []*rig
	byTrace   []*rig
	client    ptraceotlp.GRPCClient
}

// newTiers needs the program that is built of balancer.yaml, which OTELPERF_BALANCER names: it is not built in every run, since that takes
// minutes.
func newTiers(t *testing.T) *tiers {
	program := os.Getenv("OTELPERF_BALANCER")
	if program == "" {
		t.Skip("OTELPERF_BALANCER names no program built of balancer.yaml")
	}
	w := &tiers{T: t, clock: &clock{now: time.Unix(1_800_000_000, 0)}}
	ports := func(n int, rigs *[]*rig) string {
		var all []string
		for range n {
			port := freePort(t)
			*rigs = append(*rigs, newRigOf(t, newShareBook(w.clock.time, false), port, configOf(t, port, "{}")))
			all = append(all, fmt.Sprintf(`"127.0.0.1:%d"`, port))
		}
		return strings.Join(all, ", ")
	}
	exporter := `{routing_key: %s, protocol: {otlp: {tls: {insecure: true}, sending_queue: {enabled: false}}}, resolver: {static: {hostnames: [%s]}}}`
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "balancer.yaml")
	config := fmt.Sprintf(`
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:%d"}}}}
exporters:
  load_balancing/service: %s
  load_balancing/trace: %s
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [load_balancing/service, load_balancing/trace]}
`, port, fmt.Sprintf(exporter, "service", ports(4, &w.byService)), fmt.Sprintf(exporter, "traceID", ports(3, &w.byTrace)))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config", file)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	w.client = ptraceotlp.NewGRPCClient(conn)
	return w
}

// newSpreadTiers has services at two collectors at least: which one a service is at depends on their ports, and all of three are at one of
// four in one of sixteen cases. It begins with a request of each service.
func newSpreadTiers(t *testing.T, begin ptrace.Traces) *tiers {
	t.Helper()
	for range 10 {
		w := newTiers(t)
		w.send(begin)
		used := 0
		for _, r := range w.byService {
			if len(r.share().fleet.Services()) > 0 {
				used++
			}
		}
		if used > 1 {
			return w
		}
	}
	t.Fatal("ten balancers have sent all services to one collector each")
	return nil
}

// send returns when the collectors behind the balancer have what was sent.
func (w *tiers) send(td ptrace.Traces) {
	w.Helper()
	if _, err := w.client.Export(w.Context(), ptraceotlp.NewExportRequestFromTraces(td), grpc.WaitForReady(true)); err != nil {
		w.Fatal(err)
	}
}

// TestBalancedIncidents: what four collectors find, of services that a real balancer spreads over them, is what one finds, to the second.
func TestBalancedIncidents(t *testing.T) {
	begin := ptrace.NewTraces()
	start := time.Unix(1_800_000_000, 0)
	all := simulate.Shop(start)
	services := map[string]bool{}
	for _, q := range all {
		if !services[q.Service] {
			services[q.Service] = true
			hop(uint64(len(services)), q.Service, ptrace.SpanKindServer, 1, 0, start, 100, "http.request.method", "GET", "http.route", "/begin").
				ResourceSpans().MoveAndAppendTo(begin.ResourceSpans())
		}
	}
	w := newSpreadTiers(t, begin)
	one := newRig(t, newShareBook(w.clock.time, false), "{}")
	one.send(begin)
	batches := simulate.Batches(1, all, 3, 5*time.Second)
	found := func(rigs ...*rig) (news []string) {
		for _, r := range rigs {
			for _, n := range r.share().fleet.Tick(w.clock.now) {
				if p := n.Event.Part; p != nil && p.Matter == engine.Latency {
					news = append(news, fmt.Sprintf("%d %s %s %v", n.Event.Time.Unix(), n.Service.Name(), p.Endpoint, n.Event.Started))
				}
			}
		}
		return news
	}
	var want, got []string
	i, end := 0, batches[len(batches)-1].At.Add(time.Minute)
	for now := w.clock.now; now.Before(end); now = now.Add(time.Second) {
		w.clock.set(now)
		for ; i < len(batches) && !batches[i].At.After(now); i++ {
			w.send(batches[i].Traces(0))
			one.send(batches[i].Traces(0))
		}
		want, got = append(want, found(one)...), append(got, found(w.byService...)...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) < 10 || !slices.Equal(got, want) {
		t.Errorf("one collector finds\n%s\nfour\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

// TestBalancedAnatomies: spans of a trace that its services send apart come together at one collector by trace, which has the whole way.
func TestBalancedAnatomies(t *testing.T) {
	w := newTiers(t)
	const requests = 60
	for i := range uint64(requests) {
		now := w.clock.now
		for _, td := range []ptrace.Traces{
			hop(i, "checkout", ptrace.SpanKindServer, 1, 0, now, 900, "http.request.method", "GET", "http.route", "/buy"),
			hop(i, "checkout", ptrace.SpanKindClient, 2, 1, now, 880, "http.request.method", "GET", "server.address", "inventory"),
			hop(i, "inventory", ptrace.SpanKindServer, 3, 2, now, 860, "http.request.method", "GET", "http.route", "/stock"),
			hop(i, "inventory", ptrace.SpanKindClient, 4, 3, now, 800, "db.system.name", "postgresql", "db.query.summary", "SELECT stock"),
		} {
			w.send(td)
		}
		w.clock.set(now.Add(time.Second))
		for _, r := range w.byTrace {
			r.share().tick(w.clock.now)
		}
	}
	for range 20 {
		w.clock.set(w.clock.now.Add(time.Second))
		for _, r := range w.byTrace {
			r.share().tick(w.clock.now)
		}
	}
	whole, used := 0, 0
	for _, r := range w.byTrace {
		s := r.share().fleet.Find("checkout")
		if s == nil {
			continue
		}
		used++
		for e := range s.Slow().All() {
			if e.Anatomy != nil && slices.ContainsFunc(e.Anatomy.Findings, func(f slowlog.Finding) bool {
				return strings.Contains(f.Text, "checkout -> inventory -> postgresql")
			}) {
				whole++
			} else {
				t.Errorf("an anatomy lacks the way: %+v", e.Anatomy)
			}
		}
	}
	if whole != requests || used < 2 {
		t.Errorf("%d of %d requests have the whole way, on %d collectors", whole, requests, used)
	}
}

// hop is one span of one service, which sends it by itself.
func hop(trace uint64, service string, kind ptrace.SpanKind, id, parent byte, end time.Time, ms int, attrs ...string) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	sp := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	var tid pcommon.TraceID
	binary.BigEndian.PutUint64(tid[:], trace*0x9e3779b97f4a7c15)
	tid[15] = 1
	sp.SetTraceID(tid)
	sp.SetSpanID(pcommon.SpanID{byte(trace), id})
	if parent > 0 {
		sp.SetParentSpanID(pcommon.SpanID{byte(trace), parent})
	}
	sp.SetKind(kind)
	sp.SetName("GET")
	pad := time.Duration(900-ms) * time.Millisecond / 2
	sp.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-900*time.Millisecond + pad)))
	sp.SetEndTimestamp(pcommon.NewTimestampFromTime(end.Add(-pad)))
	for i := 0; i < len(attrs); i += 2 {
		sp.Attributes().PutStr(attrs[i], attrs[i+1])
	}
	return td
}
