// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fieldParser parses lines of JSON by the keys that a user names.
type fieldParser struct {
	keys map[string]string // by field
	unit Unit
	memo jsonStamps
}

func newFieldParser(o *Options) *fieldParser { return &fieldParser{keys: o.Fields, unit: o.Unit} }

func (p *fieldParser) parse(line []byte, rec *Record) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return errNotJSON
	}
	q := jsonRequest{unit: p.unit}
	service := ""
	for _, to := range []struct {
		field  string
		needed bool
		text   *string
	}{
		{"duration", true, &q.duration}, {"time", true, &q.time}, {"start", true, &q.time}, {"method", false, &q.method},
		{"path", false, &q.path}, {"route", false, &q.route}, {"status", false, &q.status}, {"service", false, &service},
	} {
		key, ok := p.keys[to.field]
		if !ok {
			continue
		}
		raw, found := lookUp(object, key)
		if !found && to.needed {
			return fmt.Errorf("there is no key %.40q; the line has %s", key, keysOf(object))
		}
		var err error
		if *to.text, err = plainText(key, raw); err != nil {
			return err
		}
	}
	_, q.started = p.keys["start"]
	if err := p.memo.record(&q, rec); err != nil {
		return err
	}
	rec.Service = service
	return nil
}

// lookUp finds a key: as it is, or else the part before a point and the rest in the object that is there.
func lookUp(object map[string]json.RawMessage, key string) (json.RawMessage, bool) {
	if raw, ok := object[key]; ok {
		return raw, true
	}
	outer, inner, nested := strings.Cut(key, ".")
	raw, ok := object[outer]
	if !nested || !ok {
		return nil, false
	}
	var below map[string]json.RawMessage
	if json.Unmarshal(raw, &below) != nil {
		return nil, false
	}
	return lookUp(below, inner)
}

func keysOf(object map[string]json.RawMessage) string {
	keys := slices.Sorted(maps.Keys(object))
	if len(keys) == 0 {
		return "none"
	}
	more := ""
	if len(keys) > shownKeys {
		keys, more = keys[:shownKeys], " and more"
	}
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%.40q", k)
	}
	return strings.Join(keys, ", ") + more
}
