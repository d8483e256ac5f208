// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// outcome is a test that notes how it ends.
type outcome struct {
	testing.TB
	said string
}

func (o *outcome) Helper() {}

func (o *outcome) Skipf(format string, args ...any) {
	o.said = "skipped: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (o *outcome) Fatalf(format string, args ...any) {
	o.said = "failed: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (o *outcome) Fatal(args ...any) {
	o.said = "failed: " + fmt.Sprint(args...)
	runtime.Goexit()
}

func TestMissingIsASkipUnlessRequired(t *testing.T) {
	for required, want := range map[string]string{
		"":                       "skipped: jq cannot be used: because",
		"chromium postgres":      "skipped: jq cannot be used: because",
		"chromium  jq\tpostgres": "failed: OTELPERF_REQUIRE has jq, which cannot be used: because",
		"chromum":                `failed: OTELPERF_REQUIRE is "chromum": chromum is none of [prometheus-alertmanager axe-core chromium curl jq nginx node postgres prometheus redis]`,
	} {
		t.Setenv(RequireEnv, required)
		o, done := &outcome{TB: t}, make(chan struct{})
		go func() {
			defer close(done)
			Missing(o, Jq, "because")
		}()
		<-done
		if !strings.HasPrefix(o.said, want) {
			t.Errorf("%s=%q: %s, want %s", RequireEnv, required, o.said, want)
		}
	}
}
