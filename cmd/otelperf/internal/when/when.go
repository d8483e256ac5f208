// SPDX-License-Identifier: Apache-2.0

// Package when reads times as people type them.
package when

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Accepted are the forms that Parse reads.
const Accepted = `2026-03-01T14:00:00Z, "2026-03-01 14:00", "14:00" (the last one), "yesterday 14:00", "2h ago", "90m ago", "3d ago"`

// Parse reads a time before now, in the zone of now where it says none. The error names the accepted forms.
func Parse(text string, now time.Time) (time.Time, error) {
	refused := fmt.Errorf("%.40q is no time, accepted: %s", text, Accepted)
	t, ok := parse(strings.ToLower(strings.TrimSpace(text)), now)
	switch {
	case !ok:
		return t, refused
	case t.After(now):
		return t, fmt.Errorf("%.40q is %s, which is still to come", text, t.Format(time.RFC3339))
	case t.Unix() < 0:
		return t, refused
	}
	return t, nil
}

func parse(text string, now time.Time) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		return t, true
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, true
		}
	}
	if ago, ok := strings.CutSuffix(text, " ago"); ok {
		d, ok := Duration(strings.TrimSpace(ago))
		return now.Add(-d), ok
	}
	clock, yesterday := strings.CutPrefix(text, "yesterday ")
	c, err := time.Parse("15:04", strings.TrimSpace(clock))
	if err != nil {
		return time.Time{}, false
	}
	at := func(day int) time.Time {
		return time.Date(now.Year(), now.Month(), day, c.Hour(), c.Minute(), 0, 0, now.Location())
	}
	today := at(now.Day())
	if yesterday || today.After(now) {
		return at(now.Day() - 1), true
	}
	return today, true
}

// Duration is one of Go, with whole days before it if need be.
func Duration(text string) (d time.Duration, ok bool) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 3660 {
		return 0, false
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		if d, err = time.ParseDuration(rest); err != nil || d < 0 {
			return 0, false
		}
	}
	return time.Duration(n)*24*time.Hour + d, rest != "" || found
}
