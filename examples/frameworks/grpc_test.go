// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/otelperf/otelperf-go/otelperf"
)

func TestGRPC(t *testing.T) {
	mon, tp := newMonitor(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := GRPC(tp)
	go func() { _ = srv.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	client := grpc_health_v1.NewHealthClient(conn)
	for service, want := range map[string]codes.Code{"": codes.OK, "slow": codes.OK, "unknown": codes.NotFound, "broken": codes.Internal} {
		for range 5 {
			if _, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service}); status.Code(err) != want {
				t.Errorf("%q answers %v, want %v", service, err, want)
			}
		}
	}
	watch(t, client)
	_ = conn.Close()
	srv.GracefulStop() // spans end after the answers were sent

	s := mon.Summary(otelperf.WindowAll)
	rows := map[string]otelperf.EndpointRow{}
	for _, row := range s.Endpoints {
		rows[row.Name()] = row
	}
	check := rows["grpc grpc.health.v1.Health/Check"]
	if len(rows) != 2 || check.Kind != "rpc" || check.Count != 20 || check.ErrorCount != 5 {
		t.Errorf("rows %v: want 20 checks, 5 of them failed, and a watch", rows)
	}
	if n := check.ByOutcome["client_error"]; n != 5 {
		t.Errorf("%d client errors, want 5: NotFound is the caller's fault", n)
	}
	if rows["grpc grpc.health.v1.Health/Watch"].Count != 1 {
		t.Errorf("rows %v: want one watch", rows)
	}
	if s.SlowQueriesCount != 5 {
		t.Errorf("%d slow requests, want 5", s.SlowQueriesCount)
	}
}

func watch(t *testing.T, client grpc_health_v1.HealthClient) {
	t.Helper()
	stream, err := client.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		if _, err := stream.Recv(); err == io.EOF {
			if n != 2 {
				t.Errorf("%d answers, want 2", n)
			}
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
