// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// item is an event or interaction as a client sends it. The JSON names are in the switch of field.
type item struct {
	name, id, session, user, page, traceparent string
	time                                       time.Time
	properties                                 []attribute.KeyValue

	kind, target, rating, navigation string // of interactions
	value, delta                     float64
	hasValue, hasDelta               bool
}

// envelope is a body: what holds for all of its items, and the items.
type envelope struct {
	item
	sent  time.Time
	items []node
}

// readEnvelope reads a body: items in a field, and beside it what is common to them; or the one item itself.
func readEnvelope(n *node, in *intake) (envelope, *RefusedError) {
	var e envelope
	if n.kind != kindObject {
		return e, refuse(reasonField, "", "the body is not an object")
	}
	own := node{kind: kindObject}
	for _, v := range n.items {
		key := v.key
		switch {
		case key == "sent_at":
			var ok bool
			if e.sent, ok = v.time(); !ok {
				return e, refuse(reasonTime, key, badTime)
			}
		case in.batch && key == batchField:
			if v.kind != kindArray {
				return e, refuse(reasonField, key, "not an array")
			}
			e.items = v.items
		case in.batch && !shared(key):
			return e, refuse(reasonField, "", "an unknown field beside events")
		default:
			own.items = append(own.items, v)
		}
	}
	if !in.batch {
		e.items = []node{own}
		return e, nil
	}
	if len(e.items) == 0 {
		return e, refuse(reasonField, batchField, "missing or empty")
	}
	return e, e.read(&own, false)
}

// shared reports whether a field can be given once for all items.
func shared(key string) bool {
	switch key {
	case "session_id", "user_id", "page", "traceparent":
		return true
	}
	return false
}

func (it *item) read(n *node, interaction bool) *RefusedError {
	if n.kind != kindObject {
		return refuse(reasonField, "", "not an object")
	}
	for i := range n.items {
		v := &n.items[i]
		if err := it.field(v.key, v, interaction); err != nil {
			return err
		}
	}
	return nil
}

const badTime = "milliseconds since 1970, or a time as in RFC 3339"

func (it *item) field(key string, v *node, interaction bool) *RefusedError {
	if p := it.textField(key, interaction); p != nil {
		if v.kind != kindText {
			return refuse(reasonField, key, "not a string")
		}
		*p = v.text
		return nil
	}
	switch {
	case key == "time":
		var ok bool
		if it.time, ok = v.time(); !ok {
			return refuse(reasonTime, key, badTime)
		}
	case key == "properties" && !interaction:
		var err *RefusedError
		if it.properties, err = v.properties(); err != nil {
			return err
		}
	case interaction && (key == "value" || key == "delta"):
		return it.numberField(key, v)
	default:
		return refuse(reasonField, "", "an unknown field")
	}
	return nil
}

func (it *item) textField(key string, interaction bool) *string {
	switch key {
	case "name":
		return &it.name
	case "id":
		return &it.id
	case "session_id":
		return &it.session
	case "user_id":
		return &it.user
	case "page":
		return &it.page
	case "traceparent":
		return &it.traceparent
	}
	if !interaction {
		return nil
	}
	switch key {
	case "type", "kind":
		return it.kindField(key)
	case "target":
		return &it.target
	case "rating":
		return &it.rating
	case "navigation_type":
		return &it.navigation
	}
	return nil
}

// kindField: type says what kind of interaction it is, kind what kind of page view.
func (it *item) kindField(key string) *string {
	if key == "type" {
		return &it.kind
	}
	return &it.navigation
}

func (it *item) numberField(key string, v *node) *RefusedError {
	if v.kind != kindInt && v.kind != kindFloat {
		return refuse(reasonField, key, "not a number")
	}
	if key == "value" {
		it.value, it.hasValue = v.float, true
	} else {
		it.delta, it.hasDelta = v.float, true
	}
	return nil
}

// time reads a number of milliseconds, which may have a fraction, or a time as in RFC 3339.
func (n *node) time() (time.Time, bool) {
	var t time.Time
	switch n.kind {
	case kindInt, kindFloat:
		if n.float < 1 || n.float > 9e12 { // the year 2255
			return t, false
		}
		whole, part := math.Modf(n.float)
		t = time.UnixMilli(int64(whole)).Add(time.Duration(part * 1e6))
	case kindText:
		var err error
		if len(n.text) > 64 {
			return t, false
		}
		if t, err = time.Parse(time.RFC3339Nano, n.text); err != nil {
			return t, false
		}
	default:
		return t, false
	}
	return t, !t.IsZero() && validTime(t)
}

// inherit fills what the item does not say from the envelope.
func (it *item) inherit(e *envelope) {
	for _, f := range []struct {
		own   *string
		given string
	}{
		{&it.session, e.session}, {&it.user, e.user}, {&it.page, e.page}, {&it.traceparent, e.traceparent},
	} {
		if *f.own == "" {
			*f.own = f.given
		}
	}
}

// spanOf returns the span context of a traceparent header's value, and the one of ctx if there is none.
func spanOf(ctx context.Context, traceparent string) (trace.SpanContext, *RefusedError) {
	if traceparent == "" {
		return trace.SpanContextFromContext(ctx), nil
	}
	carrier := propagation.MapCarrier{"traceparent": traceparent}
	sc := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
	if len(traceparent) > 128 || !sc.IsValid() {
		return sc, refuse(reasonField, "traceparent", "not a traceparent as in W3C Trace Context")
	}
	return sc, nil
}
