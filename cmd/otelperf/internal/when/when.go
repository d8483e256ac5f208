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
const Accepted = `2026-03-01T14:00:00Z, "2026-03-01 14:00" or "2026-03-01T14:00:30" (local), "2026-03-01", "14:00" or "14:00:30" (the last one), ` +
	`"today 14:00", "yesterday 14:00", "yesterday" (its beginning), "now", "2h ago", "90 min ago", "3 days ago", 1772373600 (seconds since 1970)`

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

// layouts are those of a day and a time in a zone that they do not say, in lower case.
var layouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02t15:04:05", "2006-01-02t15:04", "2006-01-02"}

// fixed is a time that says itself which one it is, wherever one is: of RFC 3339, or in whole seconds since 1970, of which there are nine
// digits at least, from 1973 on: fewer are rather a year or a clock.
func fixed(text string) (t time.Time, ok bool) {
	if len(text) >= 9 && len(text) <= 11 && strings.Trim(text, "0123456789") == "" {
		n, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(n, 0), err == nil
	}
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	return t, err == nil
}

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
	if _, ok := fixed(clock); ok || strings.HasSuffix(clock, " ago") || clock == "now" {
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
	if t, ok := fixed(text); ok {
		return t.In(now.Location()), true
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return first(t), true
		}
	}
	if ago, ok := strings.CutSuffix(text, " ago"); ok {
		d, ok := long(ago)
		return now.Add(-d), ok
	}
	return clockOf(text, now)
}

// clockOf is a time of day, of today or yesterday if it says so, else the last one.
func clockOf(text string, now time.Time) (time.Time, bool) {
	day, clock, _ := strings.Cut(text, " ")
	switch day {
	case "today", "yesterday":
		if clock = strings.TrimSpace(clock); clock == "" {
			clock = "0:00"
		}
	default:
		day, clock = "", text
	}
	c, err := time.Parse("15:04", clock)
	if err != nil {
		c, err = time.Parse("15:04:05", clock)
	}
	if err != nil {
		return time.Time{}, false
	}
	at := func(day int) time.Time {
		return first(time.Date(now.Year(), now.Month(), day, c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), now.Location()))
	}
	if today := at(now.Day()); day == "today" || day == "" && !today.After(now) {
		return today, true
	}
	return at(now.Day() - 1), true
}

// units are those of words, in the units of Duration.
var units = map[string]string{
	"s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
	"h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "d": "d", "day": "d", "days": "d",
}

// long is a Duration, or one with words in it, such as "90 min" and "2 days 3 hours".
func long(text string) (time.Duration, bool) {
	short, last := "", ""
	for word := range strings.FieldsSeq(spaced(text)) {
		if unit, known := units[word]; known {
			word = unit
		}
		short, last = short+word, word
	}
	_, unit := units[last] // else something has none
	d, ok := Duration(short)
	return d, ok && unit
}

// spaced is a text with spaces between its numbers and its words.
func spaced(text string) string {
	var b strings.Builder
	number := false
	for i, r := range text {
		if is := r >= '0' && r <= '9' || r == '.'; i > 0 && is != number {
			b.WriteByte(' ')
			number = is
		} else if i == 0 {
			number = is
		}
		b.WriteRune(r)
	}
	return b.String()
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
