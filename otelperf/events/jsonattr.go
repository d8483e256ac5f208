// SPDX-License-Identifier: Apache-2.0

package events

import "go.opentelemetry.io/otel/attribute"

// properties converts an object to attributes.
func (n *node) properties() ([]attribute.KeyValue, *RefusedError) {
	if n.kind != kindObject {
		return nil, refuse(reasonField, "properties", "not an object")
	}
	if len(n.items) > maxProperties {
		return nil, refuse(reasonProperties, "properties", "more than 64 properties")
	}
	return n.members(1)
}

func (n *node) members(depth int) ([]attribute.KeyValue, *RefusedError) {
	kvs := make([]attribute.KeyValue, len(n.items))
	for i := range n.items {
		v, err := n.items[i].attribute(depth)
		if err != nil {
			return nil, err
		}
		kvs[i] = attribute.KeyValue{Key: attribute.Key(n.items[i].key), Value: v}
	}
	return kvs, nil
}

// attribute converts a value. Depth and length are checked before a value is made: the attribute package
// makes an array type for each length, and types are never freed.
func (n *node) attribute(depth int) (attribute.Value, *RefusedError) {
	if depth > maxDepth {
		return attribute.Value{}, refuse(reasonDepth, "properties", "nested deeper than 4 levels")
	}
	if len(n.items) > maxValues {
		return attribute.Value{}, refuse(reasonProperties, "properties", "more than 256 values")
	}
	switch n.kind {
	case kindBool:
		return attribute.BoolValue(n.int == 1), nil
	case kindInt:
		return attribute.Int64Value(n.int), nil
	case kindFloat:
		return attribute.Float64Value(n.float), nil
	case kindText:
		return attribute.StringValue(n.text), nil
	case kindArray:
		return n.slice(depth)
	case kindObject:
		kvs, err := n.members(depth + 1)
		return attribute.MapValue(kvs...), err
	default:
		return attribute.Value{}, nil
	}
}

func (n *node) slice(depth int) (attribute.Value, *RefusedError) {
	if texts, ok := n.texts(); ok {
		return attribute.StringSliceValue(texts), nil
	}
	vs := make([]attribute.Value, len(n.items))
	for i := range n.items {
		v, err := n.items[i].attribute(depth + 1)
		if err != nil {
			return attribute.Value{}, err
		}
		vs[i] = v
	}
	return attribute.SliceValue(vs...), nil
}

// texts returns the members if there are any and all are strings, which is the form that backends know best.
func (n *node) texts() ([]string, bool) {
	out := make([]string, len(n.items))
	for i := range n.items {
		if n.items[i].kind != kindText {
			return nil, false
		}
		out[i] = n.items[i].text
	}
	return out, len(out) > 0
}
