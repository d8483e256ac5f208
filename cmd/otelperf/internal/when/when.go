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
const Accepted = `2026-03-01T14:00:00Z, "2026-03-01 14:00", "2026-03-01", "14:00" (the last one), "yesterday 14:00", "now", "2h ago", "90m ago", "3d ago"`

// Parse reads a time up to now, in the zone of now where it says none. The error names the accepted forms.
func Parse(text string, now time.Time) (time.Time, error) {
	refused := fmt.Errorf("%.40q is no time, accepted: %s", text, Accepted)
	t, ok := parse(strings.ToLower(strings.TrimSpace(text)), now)
	switch {
	case !ok:
		return t, refused
	case t.After(now):
		return t, fmt.Errorf("%.40q is %s, which is still to come", text, t.Format(time.RFC3339))
	case t.Unix() < 0:
		return t, fmt.Errorf("%.40q is before 1970, the earliest time that is read", text)
	}
	return t, skipped(text, t)
}

// layouts are those of a day and a time in a zone that they do not say.
var layouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// skipped is an error for a time that there was not, as the clocks went forward over it: t is another one then.
func skipped(text string, t time.Time) error {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, layout := range layouts {
		if wall, err := time.Parse(layout, text); err == nil && !wall.Equal(wallOf(t)) {
			return fmt.Errorf("%.40q did not exist, as the clocks went forward over it to %s or later", text, t.Format("15:04 MST"))
		}
	}
	return nil
}

// wallOf is what clocks show at a time, as if it were UTC.
func wallOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// twice is the other time at which clocks showed the same, on the night on which they go back.
func twice(t time.Time) (other time.Time, ok bool) {
	for _, d := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		if other = t.Add(d); wallOf(other).Equal(wallOf(t)) {
			return other, true
		}
	}
	return t, false
}

// Note says which of two times Parse has taken, where clocks have shown text twice; "" if there is but one.
func Note(text string, now time.Time) string {
	clock := strings.ToLower(strings.TrimSpace(text))
	if _, err := time.Parse(time.RFC3339, strings.ToUpper(clock)); err == nil || strings.HasSuffix(clock, " ago") || clock == "now" {
		return ""
	}
	t, err := Parse(text, now)
	if other, ok := twice(t); ok && err == nil {
		return fmt.Sprintf("%.40q was twice, as the clocks went back: the first one is taken, %s, not %s", text, t.Format(time.RFC3339), other.Format(time.RFC3339))
	}
	return ""
}

// first is the first of the times at which clocks show the same as at t.
func first(t time.Time) time.Time {
	if other, ok := twice(t); ok && other.Before(t) {
		return other
	}
	return t
}

func parse(text string, now time.Time) (time.Time, bool) {
	if text == "now" {
		return now, true
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		return t, true
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return first(t), true
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
		return first(time.Date(now.Year(), now.Month(), day, c.Hour(), c.Minute(), 0, 0, now.Location()))
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
