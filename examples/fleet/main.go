// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"

	"github.com/otelperf/otelperf-go/examples/internal/collector"
)

func main() {
	n := flag.Int("instances", 200, "how many instances to simulate, 1 to 10000")
	flag.Parse()
	if *n < 1 || *n > 10000 {
		log.Fatalf("instances is %d, accepted are 1 to 10000", *n)
	}
	if _, err := run(context.Background(), *n, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, n int, w io.Writer) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "fleet")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c, err := collector.New(dir)
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	counter := &wire{}
	to, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(c.GRPC), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithDialOption(counter.dialOption()))
	if err != nil {
		return nil, err
	}
	known, err := simulate(ctx, n, to)
	if err = errors.Join(err, to.Shutdown(ctx)); err != nil {
		return nil, err
	}
	if err := c.Stop(); err != nil { // what has been accepted is written now
		return nil, err
	}
	got, err := c.Received()
	if err != nil {
		return nil, err
	}
	rows = compare(known, got)
	if err := printRows(w, rows); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(w, "pushed: %d points of %d bytes on average, %.1f KB an instance and push\n", known.points, counter.bytes()/known.points, float64(counter.bytes())/float64(n)/1e3)
	return rows, err
}
