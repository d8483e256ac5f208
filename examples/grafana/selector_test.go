// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rootSelector is the part of JSONata that the dashboard uses: a name, perhaps with one comparison.
var rootSelector = regexp.MustCompile(`^(\w+)(?:\[(\w+)="([^"]*)"\])?$`)

// rows are what a root selector chooses: the objects of a list, or the whole answer as one row.
func rows(answer map[string]any, selector string) ([]map[string]any, error) {
	if selector == "" {
		return []map[string]any{answer}, nil
	}
	m := rootSelector.FindStringSubmatch(selector)
	if m == nil {
		return nil, fmt.Errorf("%q is more JSONata than this test knows", selector)
	}
	list, ok := answer[m[1]].([]any)
	if !ok {
		return nil, fmt.Errorf("the answer has no list %s", m[1])
	}
	var out []map[string]any
	for _, item := range list {
		row, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s is no list of objects", m[1])
		}
		if m[2] == "" || row[m[2]] == m[3] {
			out = append(out, row)
		}
	}
	return out, nil
}

// field is what a column's selector finds in a row: names and positions, with dots between them.
func field(row any, selector string) (value any, ok bool) {
	for name := range strings.SplitSeq(selector, ".") {
		switch v := row.(type) {
		case map[string]any:
			row, ok = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if ok = err == nil && i >= 0 && i < len(v); ok {
				row = v[i]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return row, ok
}

func TestSelectors(t *testing.T) {
	answer := map[string]any{"open": 1.0, "list": []any{
		map[string]any{"name": "a", "parts": []any{map[string]any{"x": 1.0}}},
		map[string]any{"name": "b", "parts": []any{}},
	}}
	for selector, want := range map[string]int{"": 1, "list": 2, `list[name="b"]`: 1, `list[name="c"]`: 0, "open": -1, "none": -1, "list.parts": -1} {
		got, err := rows(answer, selector)
		if err != nil != (want < 0) || err == nil && len(got) != want {
			t.Errorf("%q chooses %v, %v: want %d rows", selector, got, err, want)
		}
	}
	for selector, want := range map[string]bool{"name": true, "parts.0.x": true, "parts.1.x": false, "parts.0.y": false, "parts.x": false, "name.x": false, "other": false} {
		list, _ := answer["list"].([]any)
		if _, ok := field(list[0], selector); ok != want {
			t.Errorf("%q is found: %v, want %v", selector, ok, want)
		}
	}
}
