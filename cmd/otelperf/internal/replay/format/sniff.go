// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// shownKeys is how many keys of unknown JSON are shown.
const shownKeys = 20

// recognizeJSON tells the format of JSON by its keys.
func recognizeJSON(text []byte, whole bool) (*kind, error) {
	var first []string
	for range triedLines {
		d := json.NewDecoder(bytes.NewReader(text))
		seen := seenKeys{decoder: d}
		err := seen.value("", 0)
		if seen.found != nil {
			return seen.found, nil
		}
		if first == nil {
			first = seen.top
		}
		switch {
		case err == nil:
			text = text[d.InputOffset():]
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if !whole {
				return nil, nil
			}
			return nil, unknownJSON(first)
		default: // damaged: the next line may be better
			_, rest, found := bytes.Cut(text[d.InputOffset():], []byte("\n"))
			if !found {
				return nil, unknownJSON(first)
			}
			text = rest
		}
	}
	return nil, unknownJSON(first)
}

func unknownJSON(keys []string) error {
	if len(keys) == 0 {
		return fmt.Errorf("%w: it is JSON without any key", ErrUnknown)
	}
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%.40q", k)
	}
	return fmt.Errorf("%w: its JSON has the keys %s; --field duration=KEY --field time=KEY read lines of JSON by them", ErrUnknown, strings.Join(keys, ", "))
}

// seenKeys are the keys of a JSON value, down to those of objects in the objects at its top, "a.b". Arrays around an object change nothing,
// but one around the whole value is seen as "[]".
type seenKeys struct {
	decoder *json.Decoder
	all     []string
	top     []string
	found   *kind
}

// errFound ends the walk when the format is known.
var errFound = errors.New("found")

// deepestJSON is how many arrays and objects may be in each other.
const deepestJSON = 1000

// value walks through a value below a key.
func (s *seenKeys) value(key string, depth int) error {
	t, err := s.decoder.Token()
	if err != nil {
		return err
	}
	if depth > deepestJSON {
		return errors.New("too many arrays and objects in each other")
	}
	switch t {
	case json.Delim('['):
		if depth == 0 {
			s.all = append(s.all, "[]")
		}
		for s.decoder.More() {
			if err := s.value(key, depth+1); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		for s.decoder.More() {
			t, err := s.decoder.Token()
			if err != nil {
				return err
			}
			name, _ := t.(string)
			if err := s.member(key, name, depth); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = s.decoder.Token()
	return err
}

// member takes note of a key and walks through its value. What lies deeper than two keys has no name.
func (s *seenKeys) member(key, name string, depth int) error {
	path := name
	switch {
	case key == "":
		if len(s.top) < shownKeys && !slices.Contains(s.top, name) {
			s.top = append(s.top, name)
		}
	case key == "." || strings.Contains(key, "."):
		return s.value(".", depth+1)
	default:
		path = key + "." + name
	}
	if len(s.all) < 1000 && !slices.Contains(s.all, path) {
		s.all = append(s.all, path)
		if s.match() {
			return errFound
		}
	}
	if path == "" {
		path = "."
	}
	return s.value(path, depth+1)
}

// match looks for a format all of whose keys were seen.
func (s *seenKeys) match() bool {
	for i := range kinds {
		k := &kinds[i]
		if k.keys == "" {
			continue
		}
		missing := slices.ContainsFunc(strings.Fields(k.keys), func(key string) bool { return !slices.Contains(s.all, key) })
		if !missing {
			s.found = k
			return true
		}
	}
	return false
}
