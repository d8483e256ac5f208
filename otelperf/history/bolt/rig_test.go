// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"path/filepath"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// start is the beginning of what tests store: amid an hour and ten minutes.
var start = historytest.Start

func path(t testing.TB) string { return filepath.Join(t.TempDir(), "shop.db") }

// open opens a store that the test closes.
func open(t testing.TB, path string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
