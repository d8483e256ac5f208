// SPDX-License-Identifier: Apache-2.0

package frameworks

import (
	"context"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// GRPC is a server with otelgrpc, which is all that it takes: each method is an endpoint. Its service is gRPC's own health
// check, since that one needs no generated code.
func GRPC(tp trace.TracerProvider) *grpc.Server {
	srv := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(tp))))
	grpc_health_v1.RegisterHealthServer(srv, health{})
	return srv
}

type health struct {
	grpc_health_v1.UnimplementedHealthServer
}

// Check is unary; what is asked for says how it ends.
func (health) Check(_ context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	switch r.GetService() {
	case "slow":
		time.Sleep(slowFor)
	case "unknown":
		return nil, status.Error(codes.NotFound, "there is no such service")
	case "broken":
		return nil, status.Error(codes.Internal, "broken")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// Watch is a stream, of two answers here.
func (health) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	for range 2 {
		if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}); err != nil {
			return err
		}
	}
	return nil
}
