// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// RequireEnv is the environment variable with the names of the components, separated by spaces, that have to be there: a test
// that would be skipped for want of one fails. CI sets it.
const RequireEnv = "OTELPERF_REQUIRE"

// Component is something that a test of the examples uses if it is installed.
type Component string

const (
	Alertmanager Component = "prometheus-alertmanager"
	Axe          Component = "axe-core" // of npm
	Chromium     Component = "chromium"
	Curl         Component = "curl"
	Jq           Component = "jq"
	Nginx        Component = "nginx"
	Node         Component = "node" // in tests of otelperf/collector
	Postgres     Component = "postgres"
	Prometheus   Component = "prometheus" // with promtool
	Redis        Component = "redis"      // in tests of otelperf/fleet/redis
)

var components = []Component{Alertmanager, Axe, Chromium, Curl, Jq, Nginx, Node, Postgres, Prometheus, Redis}

// Missing skips the test, which cannot use a component for a reason, or fails it where the component is required.
func Missing(tb testing.TB, c Component, reason string) {
	tb.Helper()
	required, err := parseRequired(os.Getenv(RequireEnv))
	switch {
	case err != nil:
		tb.Fatal(err)
	case slices.Contains(required, c):
		tb.Fatalf("%s has %s, which cannot be used: %s", RequireEnv, c, reason)
	}
	tb.Skipf("%s cannot be used: %s (%s=%s makes that a failure)", c, reason, RequireEnv, c)
}

// Command returns the path of a command of a component, which the Debian package of the same name has.
func Command(tb testing.TB, c Component, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(tb, c, fmt.Sprintf("%v: apt-get install %s", err, c))
	}
	return path
}

func parseRequired(value string) (all []Component, err error) {
	for name := range strings.FieldsSeq(value) {
		if !slices.Contains(components, Component(name)) {
			return nil, fmt.Errorf("%s is %q: %s is none of %v", RequireEnv, value, name, components)
		}
		all = append(all, Component(name))
	}
	return all, nil
}
