// SPDX-License-Identifier: Apache-2.0

package client

import (
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// The pattern of a name is one that services take, and matches it.
func TestPatternOf(t *testing.T) {
	for _, name := range []string{
		"GET /orders/{id}", "GET /[x](y)", "GET /a\r\n\x1b[2Jb\u202e\u2028", " GET /a ", "GET /*", "GET /**/x*", "\x1b", "GET /" + strings.Repeat("é/", 200), "GET /" + strings.Repeat("\n", 300),
	} {
		pattern := PatternOf(name)
		p, err := spikeprocessor.ParsePattern(pattern)
		if err != nil || !p.Match(name) || strings.ContainsAny(pattern, "\r\n\x1b\u202e\u2028") || pattern != strings.TrimSpace(pattern) {
			t.Errorf("the pattern of %q is %q, %v", name, pattern, err)
		}
		if strings.Contains(pattern, "**") && len(name) < MaxPattern {
			t.Errorf("the pattern of %q is %q, which is of others, too", name, pattern)
		}
	}
	if got := PatternOf("GET /orders/{id}"); got != "GET /orders/{id}" {
		t.Errorf("it is %q", got)
	}
}
