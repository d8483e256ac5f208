// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf"
)

func TestVersionOf(t *testing.T) {
	const revision = "2af673e1c0ffee2af673e1c0ffee2af673e1c0ff"
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	for _, tt := range []struct {
		module   string
		settings []debug.BuildSetting
		want     string
	}{
		{"(devel)", nil, "(go1.26.0)"},
		{"v0.1.0", nil, "(go1.26.0)"},
		{"v0.0.0-20261126162823-2af673e1c0ff", nil, "(go1.26.0, revision 2af673e1c0ff)"},
		{"v0.1.1-0.20261126162823-2af673e1c0ff", nil, "(go1.26.0, revision 2af673e1c0ff)"},
		{"v0.1.1-rc.1.0.20261126162823-2af673e1c0ff", nil, "(go1.26.0, revision 2af673e1c0ff)"},
		{"v0.0.0-20261126162823-2af673e1c0ff", []debug.BuildSetting{setting("vcs", "git"), setting("vcs.revision", revision), setting("vcs.modified", "false")}, "(go1.26.0, revision 2af673e1c0ff)"},
		{"v0.1.1-0.20261126162823-2af673e1c0ff+dirty", []debug.BuildSetting{setting("vcs.revision", revision), setting("vcs.modified", "true")}, "(go1.26.0, revision 2af673e1c0ff modified)"},
		{"(devel)", []debug.BuildSetting{setting("vcs.revision", "1234")}, "(go1.26.0, revision 1234)"}, // of another system
	} {
		if got, want := versionOf(&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: tt.module}, Settings: tt.settings}), otelperf.Version+" "+tt.want; got != want {
			t.Errorf("%s: got %q, want %q", tt.module, got, want)
		}
	}
}
