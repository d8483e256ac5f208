// SPDX-License-Identifier: Apache-2.0

package tozap

import (
	"log/slog"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// TestLinesOfMonitors: a line of slog is one of zap, with its level and attributes.
func TestLinesOfMonitors(t *testing.T) {
	core, seen := observer.New(zapcore.InfoLevel)
	l := Logger(zap.New(core))
	l.Debug("not looked at")
	l.With(slog.String("service", "shop")).WithGroup("client").Warn("changed", slog.Int("port", 7))
	all := seen.All()
	if len(all) != 1 || all[0].Level != zapcore.WarnLevel || all[0].Message != "changed" {
		t.Fatalf("lines are %+v", all)
	}
	if m := all[0].ContextMap(); m["service"] != "shop" || m["client.port"] != int64(7) {
		t.Errorf("its fields are %v", m)
	}
}
