// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// What bbolt says when it panics with the bytes of a damaged page is a line that people can read, with the cause in it.
func TestFaultsAreReadable(t *testing.T) {
	err := public(guard(func() error { panic("page 7:\n\tpage type is unknown\x00\x1b[2J") }))
	if !errors.Is(err, errFault) || !errors.Is(err, history.ErrDamaged) {
		t.Errorf("%v is no damage", err)
	}
	const want = "otelperf: history: damaged: what is in the file contradicts itself, and bbolt gave up: page 7: page type is unknown [2J"
	if text := err.Error(); text != want || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("it says %q, want %q", text, want)
	}
}
