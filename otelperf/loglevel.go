// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"log/slog"
)

// levelled is the handler of the lines that otelperf writes: below a level that can be changed at run time they are left
// out; above it the program's own handler decides.
type levelled struct {
	level  *slog.LevelVar
	logger *slog.Logger // nil: slog.Default() at the time of each line
	wrap   []func(slog.Handler) slog.Handler
}

func (h *levelled) inner() slog.Handler {
	l := h.logger
	if l == nil {
		l = slog.Default()
	}
	to := l.Handler()
	for _, f := range h.wrap {
		to = f(to)
	}
	return to
}

func (h *levelled) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level.Level() && h.inner().Enabled(ctx, l)
}

func (h *levelled) Handle(ctx context.Context, r slog.Record) error {
	return h.inner().Handle(ctx, r)
}

func (h *levelled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

func (h *levelled) WithGroup(name string) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

// with puts off what is to be done with the program's handler until that is known.
func (h *levelled) with(f func(slog.Handler) slog.Handler) slog.Handler {
	return &levelled{level: h.level, logger: h.logger, wrap: append(h.wrap[:len(h.wrap):len(h.wrap)], f)}
}
