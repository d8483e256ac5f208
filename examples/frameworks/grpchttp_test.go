// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/otelperf/otelperf-go/otelperf"
)

// TestGRPCOverHTTP is gRPC served by net/http and instrumented by otelhttp alone: the status of a call is in a trailer.
func TestGRPCOverHTTP(t *testing.T) {
	mon, tp := newMonitor(t)
	backend := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(backend, health{})
	srv := httptest.NewUnstartedServer(otelhttp.NewHandler(mon.Middleware(backend), "shop", otelhttp.WithTracerProvider(tp)))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)

	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	conn, err := grpc.NewClient(srv.Listener.Addr().String(),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: pool, ServerName: "example.com"})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client := grpc_health_v1.NewHealthClient(conn)
	for service, want := range map[string]codes.Code{"": codes.OK, "unknown": codes.NotFound, "broken": codes.Internal} {
		if _, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service}); status.Code(err) != want {
			t.Errorf("%q answers %v, want %v", service, err, want)
		}
	}
	watch(t, client)

	outcomes := func() map[string]uint64 {
		got := map[string]uint64{}
		for _, row := range mon.Summary(otelperf.WindowAll).Endpoints {
			for outcome, n := range row.ByOutcome {
				got[outcome] += n
			}
		}
		return got
	}
	waitFor(t, "four calls", func() bool { return mon.Summary(otelperf.WindowAll).TotalRequests == 4 })
	if got, want := outcomes(), (map[string]uint64{"ok": 1, "client_error": 1, "server_error": 1, "stream": 1}); !maps.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
}
