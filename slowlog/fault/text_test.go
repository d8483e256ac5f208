// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"errors"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"the disk is gone": "the disk is gone",
		"page 7:\n\tunknown\x00\x1b[31m\u202e \xff is": "page 7: unknown [31m is",
		"größer":                 "größer",
		strings.Repeat("é", 700): strings.Repeat("é", 500) + "…",
	} {
		if got := Text(errors.New(text)); got != want {
			t.Errorf("Text(%q) is %q, want %q", text, got, want)
		}
	}
	if got := Text(17); got != "17" {
		t.Errorf("of a panic with a number it is %q", got)
	}
}
