// SPDX-License-Identifier: Apache-2.0

package when

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	now := time.Date(2026, 3, 2, 13, 30, 0, 0, time.FixedZone("here", 2*3600))
	for text, want := range map[string]string{
		"2026-03-01T14:00:00Z": "2026-03-01T14:00:00Z", "2026-03-01t14:00:00+01:00": "2026-03-01T13:00:00Z", "2026-03-01 14:00": "2026-03-01T12:00:00Z",
		"2026-02-28": "2026-02-27T22:00:00Z", "13:00": "2026-03-02T11:00:00Z", "14:00": "2026-03-01T12:00:00Z", "yesterday 9:15": "2026-03-01T07:15:00Z",
		"2h ago": "2026-03-02T09:30:00Z", "1h30m ago": "2026-03-02T10:00:00Z", "3d ago": "2026-02-27T11:30:00Z", " 1d2h AGO ": "2026-03-01T09:30:00Z", "Now": "2026-03-02T11:30:00Z", "0m ago": "2026-03-02T11:30:00Z",
		"2026-03-01T14:00:30": "2026-03-01T12:00:30Z", "2026-03-01 14:00:30": "2026-03-01T12:00:30Z", "2026-03-01t14:00": "2026-03-01T12:00:00Z", "13:29:59": "2026-03-02T11:29:59Z", "13:30:01": "2026-03-01T11:30:01Z",
		"today 9:15": "2026-03-02T07:15:00Z", "today 9:15:05": "2026-03-02T07:15:05Z", "today": "2026-03-01T22:00:00Z", "yesterday": "2026-02-28T22:00:00Z", "Yesterday 23:00:59": "2026-03-01T21:00:59Z",
		"90 min ago": "2026-03-02T10:00:00Z", "1 hour 30 minutes ago": "2026-03-02T10:00:00Z", "2 Hours ago": "2026-03-02T09:30:00Z", "3 days ago": "2026-02-27T11:30:00Z", "1.5h ago": "2026-03-02T10:00:00Z", "45 secs ago": "2026-03-02T11:29:15Z", "1day 2hrs ago": "2026-03-01T09:30:00Z",
		"1772373600": "2026-03-01T14:00:00Z", " 999999999 ": "2001-09-09T01:46:39Z",
	} {
		if got, err := Parse(text, now); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v, want %s", text, got.UTC(), err, want)
		}
	}
	for _, text := range []string{"", "ago", " ago", "2h", "25:00", "-2h ago", "99999d ago", "xd ago", "tomorrow 9:00", "today noon", "yesterdays", "2026", "99999999", "90 ago", "2 hours 5 ago", "2h3d ago", "min ago", "5 weeks ago", strings.Repeat("9", 1<<16)} {
		if got, err := Parse(text, now); err == nil || !strings.Contains(err.Error(), "yesterday 14:00") || len(err.Error()) > 450 {
			t.Errorf("%.30q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"1500-01-01", "1969-12-31", "1969-12-31T23:59:59Z"} {
		if got, err := Parse(text, now); err == nil || !strings.Contains(err.Error(), "before 1970") {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"2026-03-03", "today 13:31", "1900000000", "99999999999"} {
		if _, err := Parse(text, now); err == nil || !strings.Contains(err.Error(), "to come") {
			t.Errorf("%q, a time to come: %v", text, err)
		}
	}
}

// Every form that is said to be accepted is.
func TestAccepted(t *testing.T) {
	now := time.Date(2026, 3, 2, 16, 30, 0, 0, time.UTC)
	forms := regexp.MustCompile(`"[^"]+"|[0-9][0-9TZ:-]{8,}`).FindAllString(Accepted, -1)
	if len(forms) != 14 {
		t.Errorf("%d forms: %q", len(forms), forms)
	}
	for _, form := range forms {
		if got, err := Parse(strings.Trim(form, `"`), now); err != nil {
			t.Errorf("%s is %v, %v", form, got, err)
		}
	}
}

// On the night on which clocks go forward there is an hour that never was, and on the other one an hour that was twice.
func TestClocksThatAreChanged(t *testing.T) {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip(err)
	}
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, ny)
	for _, text := range []string{"2026-03-08 02:30", " 2026-03-08 02:00:00"} {
		if got, err := Parse(text, now); err == nil || !strings.Contains(err.Error(), "clocks went forward") {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"2026-11-01 01:30": "2026-11-01T01:30:00-04:00", "2026-11-01 01:00": "2026-11-01T01:00:00-04:00",
		"2026-03-08 03:00": "", "2026-11-01 02:00": "", "2026-11-01 00:59": "", "2026-11-01T06:30:00Z": "", "2026-11-01": "", "noon": "",
	} {
		if got := Note(text, now); (got == "") != (want == "") || want != "" && !strings.Contains(got, "taken, "+want) {
			t.Errorf("%q: note %q, want %q", text, got, want)
		}
		if got, err := Parse(text, now); want != "" && (err != nil || got.Format(time.RFC3339) != want) {
			t.Errorf("%q is %v, %v, want %s", text, got, err, want)
		}
	}
	after := time.Date(2026, 11, 1, 3, 0, 0, 0, ny)
	if got := Note("1:30", after); !strings.Contains(got, "2026-11-01T01:30:00-04:00, not 2026-11-01T01:30:00-05:00") {
		t.Errorf("note %q", got)
	}
}
