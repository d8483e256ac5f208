// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

// What the detector alone says of simulated traffic, the connector says in the same second.
func TestTheConnectorSaysWhatTheDetectorSays(t *testing.T) {
	var out, errs strings.Builder
	var c comparison
	code := run([]string{"-scale", "0.025", "-rates", "1,10", "-only", "storm,10 times slower,hang"}, &out, &errs, &c)
	if code != 0 || c.same < 10 || c.different != 0 {
		t.Errorf("exit %d, %d the same, %d not: %s%s", code, c.same, c.different, &errs, &out)
	}
}
