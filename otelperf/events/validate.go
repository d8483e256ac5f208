// SPDX-License-Identifier: Apache-2.0

package events

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// validate checks an event against its bounds and returns the bytes it holds.
func (e *Event) validate() (int, *RefusedError) {
	if !validName(e.Name, maxNameLen) {
		return 0, refuse(reasonName, "name", "an event name is lower-case words joined by single dots or underscores, at most 128 bytes")
	}
	if strings.HasPrefix(e.Name, "otel.") {
		return 0, refuse(reasonReserved, "name", "names beginning with otel. are reserved")
	}
	if !validID(e.ID) {
		return 0, refuse(reasonID, "id", badID)
	}
	if !validID(e.SessionID) {
		return 0, refuse(reasonID, "session_id", badID)
	}
	if !validUser(e.UserID) {
		return 0, refuse(reasonID, "user_id", "at most 128 bytes of UTF-8")
	}
	if !validTime(e.Time) {
		return 0, refuse(reasonTime, "time", "before 1970 or after 2261")
	}
	if e.Source != "" && !validName(e.Source, maxIDLen) {
		return 0, refuse(reasonSource, "source", "same form as an event name")
	}
	if !validPage(e.Page) {
		return 0, refuse(reasonPage, "page", "a path template begins with a slash and has no query, fragment or host")
	}
	size, err := checkProperties(e.Properties)
	if err != nil {
		return 0, err
	}
	return size + len(e.Name) + len(e.ID) + len(e.SessionID) + len(e.UserID) + len(e.Page) + len(e.Source), nil
}

const badID = "at most 128 printable ASCII characters without spaces"

// validName reports whether s is words of a-z and 0-9 joined by single dots or underscores.
func validName(s string, limit int) bool {
	if s == "" || len(s) > limit || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	joint := false
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			joint = false
		case (c == '.' || c == '_') && !joint:
			joint = true
		default:
			return false
		}
	}
	return !joint
}

func validID(s string) bool { return len(s) <= maxIDLen && printable(s) }

func validUser(s string) bool { return len(s) <= maxIDLen && utf8.ValidString(s) }

// printable reports whether s has only visible ASCII characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// validTime keeps out what UnixNano cannot hold, since OTLP has nanoseconds in 64 bits.
func validTime(t time.Time) bool {
	return t.IsZero() || t.Year() >= 1970 && t.Year() <= 2261
}

func validPage(s string) bool {
	return s == "" || s[0] == '/' && len(s) <= maxPageLen && utf8.ValidString(s) &&
		!strings.HasPrefix(s, "//") && !strings.ContainsAny(s, "?#\\\x00\r\n")
}

// checkProperties checks count, keys, depth, values and size, and returns the size.
func checkProperties(kvs []attribute.KeyValue) (int, *RefusedError) {
	if len(kvs) > maxProperties {
		return 0, refuse(reasonProperties, "properties", "more than 64 properties")
	}
	c := propertyChecker{}
	for i, kv := range kvs {
		if err := c.key(string(kv.Key)); err != nil {
			return 0, err
		}
		if reservedKey(string(kv.Key)) {
			return 0, refuse(reasonReserved, "properties", "a key that is set by the tracker itself")
		}
		if repeated(kvs[:i], kv.Key) {
			return 0, refuse(reasonKey, "properties", "a key occurs twice")
		}
		if err := c.value(kv.Value, 1); err != nil {
			return 0, err
		}
	}
	return c.size, nil
}

func repeated(kvs []attribute.KeyValue, key attribute.Key) bool {
	for _, kv := range kvs {
		if kv.Key == key {
			return true
		}
	}
	return false
}

func reservedKey(k string) bool {
	return strings.HasPrefix(k, "otelperf.") || strings.HasPrefix(k, "session.") ||
		strings.HasPrefix(k, "user.") || k == keyTemplate
}

// propertyChecker adds up values and bytes; it stops at the first bound that is broken.
type propertyChecker struct{ values, size int }

func (c *propertyChecker) key(k string) *RefusedError {
	if k == "" || len(k) > maxKeyLen || !printable(k) {
		return refuse(reasonKey, "properties", "a key is 1 to 128 printable ASCII characters without spaces")
	}
	return c.add(0, len(k))
}

func (c *propertyChecker) add(values, size int) *RefusedError {
	c.values += values
	c.size += size
	if c.values > maxValues {
		return refuse(reasonProperties, "properties", "more than 256 values")
	}
	if c.size > maxEventSize {
		return refuse(reasonSize, "properties", "more than 8 KiB")
	}
	return nil
}

func (c *propertyChecker) value(v attribute.Value, depth int) *RefusedError {
	if depth > maxDepth {
		return refuse(reasonDepth, "properties", "nested deeper than 4 levels")
	}
	switch v.Type() {
	case attribute.EMPTY, attribute.BOOL, attribute.INT64:
		return c.add(1, 8)
	case attribute.FLOAT64:
		return c.float(v.AsFloat64())
	case attribute.STRING:
		return c.text(v.AsString())
	case attribute.BYTESLICE:
		return c.add(1, len(v.AsByteSlice()))
	case attribute.SLICE:
		return c.slice(v.AsSlice(), depth)
	case attribute.MAP:
		return c.object(v.AsMap(), depth)
	default:
		return c.plainSlice(v)
	}
}

func (c *propertyChecker) float(f float64) *RefusedError {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return refuse(reasonValue, "properties", "a number is not finite")
	}
	return c.add(1, 8)
}

func (c *propertyChecker) text(s string) *RefusedError {
	if err := c.add(1, len(s)); err != nil { // before the scan, which a long string would make slow
		return err
	}
	if !utf8.ValidString(s) {
		return refuse(reasonValue, "properties", "a string is not UTF-8")
	}
	return nil
}

func (c *propertyChecker) slice(vs []attribute.Value, depth int) *RefusedError {
	if err := c.add(1, 0); err != nil {
		return err
	}
	for _, v := range vs {
		if err := c.value(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *propertyChecker) object(kvs []attribute.KeyValue, depth int) *RefusedError {
	if err := c.add(1, 0); err != nil {
		return err
	}
	for i, kv := range kvs {
		if err := c.key(string(kv.Key)); err != nil {
			return err
		}
		if repeated(kvs[:i], kv.Key) {
			return refuse(reasonKey, "properties", "a key occurs twice")
		}
		if err := c.value(kv.Value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// plainSlice checks the slices whose members are all of one type.
func (c *propertyChecker) plainSlice(v attribute.Value) *RefusedError {
	switch v.Type() {
	case attribute.BOOLSLICE:
		return c.add(len(v.AsBoolSlice()), 8*len(v.AsBoolSlice()))
	case attribute.INT64SLICE:
		return c.add(len(v.AsInt64Slice()), 8*len(v.AsInt64Slice()))
	case attribute.FLOAT64SLICE:
		for _, f := range v.AsFloat64Slice() {
			if err := c.float(f); err != nil {
				return err
			}
		}
		return nil
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			if err := c.text(s); err != nil {
				return err
			}
		}
		return nil
	default:
		return refuse(reasonValue, "properties", "a value of unknown type")
	}
}
