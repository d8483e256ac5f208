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
		settings []debug.BuildSetting
		want     string
	}{
		{nil, "(go1.26.0)"}, // installed from the module proxy
		{[]debug.BuildSetting{setting("vcs", "git"), setting("vcs.revision", revision), setting("vcs.modified", "false")}, "(go1.26.0, revision 2af673e1c0ff)"},
		{[]debug.BuildSetting{setting("vcs.revision", revision), setting("vcs.modified", "true")}, "(go1.26.0, revision 2af673e1c0ff modified)"},
		{[]debug.BuildSetting{setting("vcs.revision", "1234")}, "(go1.26.0, revision 1234)"}, // of another system
	} {
		if got, want := versionOf(&debug.BuildInfo{GoVersion: "go1.26.0", Settings: tt.settings}), otelperf.Version+" "+tt.want; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
