// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// collected is a sink that writes down what it gets: requests and bad lines as one line of text each.
type collected struct{ requests, bad []string }

func (c *collected) Request(line int, rec *Record) error {
	name := string(rec.Route)
	if len(rec.Method) > 0 {
		name = string(rec.Method) + " " + name
	}
	if rec.Service != "" {
		name = rec.Service + ": " + name
	}
	unmatched := ""
	if rec.Unmatched {
		unmatched = " unmatched"
	}
	c.requests = append(c.requests, fmt.Sprintf("%d %s %s %v %v%s", line, time.Unix(0, rec.Time).UTC().Format(time.RFC3339Nano), name, rec.Duration, rec.Outcome, unmatched))
	return nil
}

func (c *collected) Bad(line int, reason error) error {
	c.bad = append(c.bad, fmt.Sprintf("%d %v", line, reason))
	return nil
}

// readAll reads text in a format.
func readAll(t *testing.T, format, text string) *collected {
	t.Helper()
	return readWith(t, Options{Format: format}, text)
}

func readWith(t *testing.T, o Options, text string) *collected {
	t.Helper()
	r, err := Open(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	var c collected
	if err := r.Run(&c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// equal compares lists of lines.
func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("%s\n%s\nwant\n%s", what, g, w)
	}
}

var errStop = errors.New("stop")

// stopping is a sink that has enough after one call.
type stopping struct{ calls int }

func (s *stopping) Request(int, *Record) error { s.calls++; return errStop }
func (s *stopping) Bad(int, error) error       { s.calls++; return errStop }

func TestSinkStops(t *testing.T) {
	for format, text := range map[string]string{
		CSV:     "2026-03-02T10:00:00Z,/a,1,200\n2026-03-02T10:00:00Z,/a,1,200\n",
		"otlp":  oneSpan + oneSpan,
		"nginx": "bad\nbad\n",
	} {
		r, err := Open(strings.NewReader(text), Options{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		var s stopping
		if err := r.Run(&s); !errors.Is(err, errStop) || s.calls != 1 {
			t.Errorf("%s: %v after %d calls, want the sink's error after 1", format, err, s.calls)
		}
	}
}
