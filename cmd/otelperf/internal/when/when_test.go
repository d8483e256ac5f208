// SPDX-License-Identifier: Apache-2.0

package when

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	now := time.Date(2026, 3, 2, 13, 30, 0, 0, time.FixedZone("here", 2*3600))
	for text, want := range map[string]string{
		"2026-03-01T14:00:00Z": "2026-03-01T14:00:00Z", "2026-03-01t14:00:00+01:00": "2026-03-01T13:00:00Z", "2026-03-01 14:00": "2026-03-01T12:00:00Z",
		"2026-02-28": "2026-02-27T22:00:00Z", "13:00": "2026-03-02T11:00:00Z", "14:00": "2026-03-01T12:00:00Z", "yesterday 9:15": "2026-03-01T07:15:00Z",
		"2h ago": "2026-03-02T09:30:00Z", "1h30m ago": "2026-03-02T10:00:00Z", "3d ago": "2026-02-27T11:30:00Z", " 1d2h AGO ": "2026-03-01T09:30:00Z",
	} {
		if got, err := Parse(text, now); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v, want %s", text, got.UTC(), err, want)
		}
	}
	for _, text := range []string{"", "ago", " ago", "2h", "yesterday", "25:00", "-2h ago", "99999d ago", "xd ago", "1500-01-01", "tomorrow 9:00", strings.Repeat("9", 1<<16)} {
		if got, err := Parse(text, now); err == nil || !strings.Contains(err.Error(), "yesterday 14:00") || len(err.Error()) > 400 {
			t.Errorf("%.30q is %v, %v", text, got, err)
		}
	}
	if _, err := Parse("2026-03-03", now); err == nil || !strings.Contains(err.Error(), "to come") {
		t.Errorf("a time to come: %v", err)
	}
}
