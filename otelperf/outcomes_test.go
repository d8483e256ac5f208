// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/slowlog"
)

// TestOutcomesAreOneList: what is not Go names the outcomes that slowlog has: the contract, the README, and the page those that are
// failures.
func TestOutcomesAreOneList(t *testing.T) {
	var all, failures []string
	for o := range slowlog.Outcome(slowlog.NumOutcomes) {
		all = append(all, o.String())
		if o.Failed() {
			failures = append(failures, o.String())
		}
	}
	quoted := regexp.MustCompile(`"(\w+)"`)
	namesIn := func(text string) (names []string) {
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		return names
	}

	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}

	contract := read("internal/companion/openapi.json")
	lists := regexp.MustCompile(`"(outcomes?)": \{.*?"enum": \[([^]]*)\]`).FindAllStringSubmatch(contract, -1)
	if schemas := strings.Count(contract, `"outcome": {`) + strings.Count(contract, `"outcomes": {`); len(lists) != schemas || len(lists) == 0 {
		t.Errorf("openapi.json has %d outcomes, and lists them %d times", schemas, len(lists))
	}
	for _, l := range lists {
		if got := namesIn(l[2]); !slices.Equal(got, all) {
			t.Errorf("openapi.json: %s is one of %v, want %v", l[1], got, all)
		}
	}

	if line := "| `otelperf.outcome` | string | always: " + strings.Join(all, ", ") + " |"; !strings.Contains(read("../spikeprocessor/README.md"), line) {
		t.Errorf("the README has no line %q", line)
	}

	failed := regexp.MustCompile(`const failing = (.*);`).FindStringSubmatch(read("internal/companion/page/slow.js"))
	if failed == nil {
		t.Fatal("slow.js does not say what a failure is")
	}
	if got := namesIn(failed[1]); !slices.Equal(got, failures) {
		t.Errorf("slow.js takes %v for failures, want %v", got, failures)
	}
}
