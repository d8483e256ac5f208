// SPDX-License-Identifier: Apache-2.0

package format

import (
	"strconv"
	"strings"
)

type attribute struct {
	Key   string
	Value struct {
		StringValue string `json:"stringValue"`
		IntValue    number `json:"intValue"`
	}
}

func (a *attribute) text() string {
	if a.Value.StringValue != "" {
		return a.Value.StringValue
	}
	return string(a.Value.IntValue)
}

// find returns the value of the first of some attributes, or "".
func find(attributes []attribute, keys ...string) string {
	for _, k := range keys {
		for i := range attributes {
			if attributes[i].Key == k {
				return attributes[i].text()
			}
		}
	}
	return ""
}

// number is an integer, which JSON may have as a number or in quotes.
type number string

func (n *number) UnmarshalJSON(b []byte) error {
	if s := strings.Trim(string(b), `"`); s != "null" {
		*n = number(s)
	}
	return nil
}

type nanos int64

func (n *nanos) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil {
		v = -1 // refused later, with the span
	}
	*n = nanos(v)
	return nil
}

// Kinds of a span.
const (
	internalSpan = 1
	serverSpan   = 2
	consumerSpan = 5
)

type spanKind int

func (k *spanKind) UnmarshalJSON(b []byte) error {
	*k = spanKind(enum(b, "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"))
	return nil
}

const errorStatus = 2

type statusCode int

func (c *statusCode) UnmarshalJSON(b []byte) error {
	*c = statusCode(enum(b, "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"))
	return nil
}

// enum reads a number, or one of the names, which count from 0.
func enum(b []byte, names ...string) int {
	s := strings.Trim(string(b), `"`)
	for i, name := range names {
		if s == name || s == strconv.Itoa(i) {
			return i
		}
	}
	return 0
}
