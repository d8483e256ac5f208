// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// schemaChecker checks answers against openapi.json: types, nulls, enumerations, required and unknown members. It knows the
// part of JSON Schema that the document uses.
type schemaChecker map[string]any

func newSchemaChecker(t *testing.T) schemaChecker {
	t.Helper()
	body, err := os.ReadFile("internal/companion/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return object(t, string(body))
}

// at follows a JSON pointer without escapes; "~1" stands for a slash.
func (c schemaChecker) at(pointer string) map[string]any {
	var v any = map[string]any(c)
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		m, _ := v.(map[string]any)
		v = m[strings.ReplaceAll(part, "~1", "/")]
	}
	m, _ := v.(map[string]any)
	return m
}

// answer returns what is wrong with the answer that a path, as the document has it, gave to GET.
func (c schemaChecker) answer(path, body string) []string {
	schema := c.at("paths/" + strings.ReplaceAll(path, "/", "~1") + "/get/responses/200/content/application~1json/schema")
	if schema == nil {
		return []string{"no schema"}
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return []string{err.Error()}
	}
	return c.check(schema, v, "")
}

func (c schemaChecker) check(schema map[string]any, v any, at string) (wrong []string) {
	if ref, ok := schema["$ref"].(string); ok {
		return c.check(c.at(ref), v, at)
	}
	if kind := schema["type"]; kind != nil && !allows(kind, v) {
		return []string{fmt.Sprintf("%s is %.60v, want %v", at, v, kind)}
	}
	if enum, ok := schema["enum"].([]any); ok && v != nil && !slices.Contains(enum, v) {
		wrong = append(wrong, fmt.Sprintf("%s is %v, want one of %v", at, v, enum))
	}
	switch v := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, item := range v {
			wrong = append(wrong, c.check(items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		wrong = append(wrong, c.members(schema, v, at)...)
	}
	return wrong
}

func (c schemaChecker) members(schema, v map[string]any, at string) (wrong []string) {
	properties, _ := schema["properties"].(map[string]any)
	rest, _ := schema["additionalProperties"].(map[string]any)
	for name, member := range v {
		s, known := properties[name].(map[string]any)
		if !known && rest == nil && properties != nil {
			wrong = append(wrong, at+"."+name+" is not in the schema")
			continue
		}
		if !known {
			s = rest
		}
		wrong = append(wrong, c.check(s, member, at+"."+name)...)
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s is missing", at, name))
		}
	}
	return wrong
}

// allows reports whether v is of a type, or of one of several.
func allows(kind, v any) bool {
	if list, ok := kind.([]any); ok {
		return slices.ContainsFunc(list, func(k any) bool { return allows(k, v) })
	}
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	case []any:
		return kind == "array"
	}
	return kind == "object"
}
