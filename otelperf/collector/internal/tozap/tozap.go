// SPDX-License-Identifier: Apache-2.0

// Package tozap has lines of slog be lines of the collector.
package tozap

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Logger returns one whose lines are those of another.
func Logger(to *zap.Logger) *slog.Logger { return slog.New(&handler{logger: to}) }

type handler struct {
	logger *zap.Logger
	prefix string // of groups, each with its dot
}

func levelOf(l slog.Level) zapcore.Level {
	switch {
	case l >= slog.LevelError:
		return zapcore.ErrorLevel
	case l >= slog.LevelWarn:
		return zapcore.WarnLevel
	case l >= slog.LevelInfo:
		return zapcore.InfoLevel
	}
	return zapcore.DebugLevel
}

func (h *handler) Enabled(_ context.Context, l slog.Level) bool {
	return h.logger.Core().Enabled(levelOf(l))
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	fields := make([]zap.Field, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		fields = append(fields, h.field(a))
		return true
	})
	if e := h.logger.Check(levelOf(r.Level), r.Message); e != nil {
		e.Time = r.Time
		e.Write(fields...)
	}
	return nil
}

func (h *handler) field(a slog.Attr) zap.Field {
	return zap.Any(h.prefix+a.Key, a.Value.Resolve().Any())
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	fields := make([]zap.Field, len(attrs))
	for i := range attrs {
		fields[i] = h.field(attrs[i])
	}
	return &handler{h.logger.With(fields...), h.prefix}
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{h.logger, h.prefix + name + "."}
}
