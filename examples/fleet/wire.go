// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// wire counts the bytes of the messages that an exporter sends, without the framing of HTTP/2.
type wire struct{ sent atomic.Int64 }

func (w *wire) bytes() int { return int(w.sent.Load()) }

func (w *wire) dialOption() grpc.DialOption { return grpc.WithStatsHandler(w) }

// HandleRPC implements stats.Handler.
func (w *wire) HandleRPC(_ context.Context, s stats.RPCStats) {
	if out, ok := s.(*stats.OutPayload); ok {
		w.sent.Add(int64(out.WireLength))
	}
}

// TagRPC implements stats.Handler.
func (*wire) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn implements stats.Handler.
func (*wire) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (*wire) HandleConn(context.Context, stats.ConnStats) {}
