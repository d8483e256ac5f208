// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// attributes are those of a span, an event or a resource. Only strings and integers matter, and no others are in it.
type attributes []attribute.KeyValue

func (a *attributes) UnmarshalJSON(b []byte) error {
	var all []struct {
		Key   string `json:"key"`
		Value struct {
			String *string `json:"stringValue"`
			Int    *number `json:"intValue"`
		} `json:"value"`
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*a = make(attributes, 0, len(all))
	for i := range all {
		kv := &all[i]
		switch {
		case kv.Value.String != nil:
			*a = append(*a, attribute.String(kv.Key, *kv.Value.String))
		case kv.Value.Int != nil:
			if n, err := strconv.ParseInt(string(*kv.Value.Int), 10, 64); err == nil {
				*a = append(*a, attribute.Int64(kv.Key, n))
			}
		}
	}
	return nil
}

// text returns the value of a string attribute, or "".
func (a attributes) text(key attribute.Key) string {
	for i := range a {
		if a[i].Key == key {
			return a[i].Value.AsString()
		}
	}
	return ""
}

// with adds a value of JSON: a whole number, and all else but lists and objects as text.
func (a attributes) with(key string, raw json.RawMessage) attributes {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return append(a, attribute.Int64(key, n))
	}
	if text, err := plainText(key, raw); err == nil {
		return append(a, attribute.String(key, text))
	}
	return a
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

// spanKind is a kind as OTLP numbers it, and the API with it.
type spanKind int

func (k *spanKind) UnmarshalJSON(b []byte) error {
	*k = spanKind(enum(b, "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"))
	return nil
}

// kindNamed is the kind that Jaeger's and Zipkin's words mean; others are internal.
func kindNamed(word string) trace.SpanKind {
	switch strings.ToLower(word) {
	case "server":
		return trace.SpanKindServer
	case "client":
		return trace.SpanKindClient
	case "producer":
		return trace.SpanKindProducer
	case "consumer":
		return trace.SpanKindConsumer
	}
	return trace.SpanKindInternal
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
