// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A service whose file another process has, or that cannot be opened, answers for days and for other times with what is in memory, and says
// which file that is about, why, and what is missing.
func TestDaysWithoutTheFile(t *testing.T) {
	for name, tt := range map[string]struct {
		hinder func(t *testing.T, file string) (free func())
		why    string
	}{
		"another process has it": {func(t *testing.T, file string) func() {
			other := open(t, file)
			return func() { _ = other.Close() }
		}, "another process has the store"},
		"no file": {func(t *testing.T, file string) func() {
			if err := os.Mkdir(file, 0o700); err != nil {
				t.Fatal(err)
			}
			return func() { _ = os.Remove(file) }
		}, "is no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			file := path(t)
			free := tt.hinder(t, file)
			synctest.Test(t, func(t *testing.T) {
				store := open(t, file)
				s := begin(t, store)
				s.run(5*time.Minute, 1, usual, "/checkout")
				type summary struct {
					Count  uint64 `json:"count"`
					Stored struct {
						Error, Note string
						Gaps        []any
					} `json:"stored"`
				}
				paths := []string{"?window=24h", "?window=7d", fmt.Sprintf("?from=%d&to=%d", time.Now().Add(-3*time.Hour).Unix(), time.Now().Unix())}
				for _, q := range paths {
					var got summary
					s.get(t, "summary"+q, &got)
					if got.Count < 290 || !strings.Contains(got.Stored.Error, tt.why) || !strings.Contains(got.Stored.Error, file) || !strings.Contains(got.Stored.Note, "in memory") || len(got.Stored.Gaps) == 0 {
						t.Errorf("%s: %+v", q, got)
					}
				}
				if got := s.check("history"); !strings.Contains(got, tt.why) {
					t.Errorf("health says %q", got)
				}
				free()
				s.run(10*time.Minute, 1, usual, "/checkout")
				for _, q := range paths {
					var got summary
					if s.get(t, "summary"+q, &got); got.Stored.Error != "" || got.Count < 890 && q != paths[2] {
						t.Errorf("when it is free again %s: %+v", q, got)
					}
				}
				s.stop(t)
			})
		})
	}
}
