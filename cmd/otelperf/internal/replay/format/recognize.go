// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// triedLines is how many lines, or values of JSON, may be damaged or of no interest before one that tells the format.
const triedLines = 20

// recognize tells the format from the begin of a stream. It returns neither a format nor an error if more of it is needed; whole
// means that there is no more.
func recognize(head []byte, whole bool, o *Options) (*kind, error) {
	text := bytes.TrimSpace(head)
	switch {
	case len(text) == 0 && whole:
		return nil, ErrEmpty
	case len(text) > 0 && (text[0] == '{' || text[0] == '[' && jsonArray(text)):
		return recognizeJSON(text, whole)
	}
	var unit error // what is wrong with a line that is of a known format but for its unit
	seen := 0
	for range triedLines {
		line, rest, found := bytes.Cut(head, []byte("\n"))
		if len(line) == 0 && !found || !found && !whole {
			break
		}
		head = rest
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 || line[0] == '#' && !bytes.HasPrefix(line, fieldsMark) {
			continue
		}
		seen++
		k, err := recognizeLine(line, o)
		if k != nil || errors.Is(err, errHeader) {
			return k, err
		}
		if unit == nil {
			unit = err
		}
	}
	switch {
	case unit != nil && (whole || seen >= triedLines):
		return nil, fmt.Errorf("%w: %w", ErrUnknown, unit)
	case whole || seen >= triedLines:
		return nil, fmt.Errorf("%w: its lines are of none of the formats %s; --format tells which, or the format of an access log", ErrUnknown, strings.Join(Names()[1:], ", "))
	}
	return nil, nil
}

// jsonArray tells an array from "[2026-03-02T10:00:00Z]", as log lines begin.
func jsonArray(text []byte) bool {
	text = bytes.TrimLeft(text[1:], " \t\r\n")
	return len(text) == 0 || text[0] == '{' || text[0] == '[' || text[0] == ']'
}

// recognizeLine finds the format that a line has as a whole. The error says why one that is close is none.
func recognizeLine(line []byte, o *Options) (*kind, error) {
	var unit error
	for i := range kinds {
		k := &kinds[i]
		if k.layout == "" && !k.columns {
			continue
		}
		plain := *o
		if k.name == "nginx" {
			plain.Unit = noUnit // else all that ends with a number would be nginx's
		}
		var rec Record
		err := k.parser(&plain).parse(line, &rec)
		if err == nil || err == errSkip {
			return k, nil
		}
		if errors.Is(err, errHeader) {
			return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		if errors.Is(err, errNoUnit) {
			unit = fmt.Errorf("its lines end with a number: %w; --format apache is that, and with nginx $request_time has three decimals", err)
		}
	}
	if unit != nil {
		return nil, unit
	}
	for _, w := range withoutDuration {
		l, _ := compile(w.layout) // which says that there is no duration
		var rec Record
		if (&accessParser{layout: l}).parse(line, &rec) == nil {
			return nil, fmt.Errorf("it is the %s log format, which has no duration", w.name)
		}
	}
	return nil, nil
}

// mustCompile is for formats of our own, and for those that were checked.
func mustCompile(format string) *layout {
	l, err := compile(format)
	if err != nil {
		panic(err) // cannot be: the tests compile all
	}
	return l
}
