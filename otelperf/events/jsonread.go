// SPDX-License-Identifier: Apache-2.0

package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxJSONDepth = 12
	maxJSONNodes = 8192 // values in one body
)

// node is a JSON value. Reading into nodes, not into structs, finds repeated keys and bounds depth and number in one pass.
type node struct {
	kind  kind
	bool  bool
	int   int64
	float float64
	text  string
	keys  []string // of an object, in the order of items
	items []node   // of an object or array
}

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindInt
	kindFloat
	kindText
	kindArray
	kindObject
)

var (
	errUTF8     = errors.New("the body is not UTF-8")
	errSyntax   = errors.New("the body is not one JSON value")
	errDepth    = errors.New("nested too deep")
	errNodes    = errors.New("too many values")
	errNumber   = errors.New("a number is out of range")
	errRepeated = errors.New("an object has the same key twice")
)

func readJSON(body []byte) (node, error) {
	if !utf8.Valid(body) {
		return node{}, errUTF8
	}
	if !json.Valid(body) {
		return node{}, errSyntax
	}
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(body))}
	r.dec.UseNumber()
	return r.value(0)
}

type jsonReader struct {
	dec   *json.Decoder
	nodes int
}

func (r *jsonReader) value(depth int) (node, error) {
	if depth > maxJSONDepth {
		return node{}, errDepth
	}
	if r.nodes++; r.nodes > maxJSONNodes {
		return node{}, errNodes
	}
	token, err := r.dec.Token()
	if err != nil {
		return node{}, errSyntax
	}
	switch v := token.(type) {
	case bool:
		return node{kind: kindBool, bool: v}, nil
	case string:
		return node{kind: kindText, text: v}, nil
	case json.Number:
		return number(v.String())
	case json.Delim:
		if v == '{' {
			return r.object(depth)
		}
		return r.array(depth)
	default:
		return node{}, nil
	}
}

func number(s string) (node, error) {
	if !strings.ContainsAny(s, ".eE") {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return node{kind: kindInt, int: i, float: float64(i)}, nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return node{}, errNumber
	}
	return node{kind: kindFloat, float: f}, nil
}

func (r *jsonReader) array(depth int) (node, error) {
	n := node{kind: kindArray}
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
	_, err := r.dec.Token() // ]
	return n, err
}

func (r *jsonReader) object(depth int) (node, error) {
	n := node{kind: kindObject}
	var seen map[string]struct{} // instead of keys, once there are many
	for r.dec.More() {
		token, err := r.dec.Token()
		if err != nil {
			return n, errSyntax
		}
		key, _ := token.(string)
		if seen = remember(seen, n.keys); known(seen, n.keys, key) {
			return n, errRepeated
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		if seen != nil {
			seen[key] = struct{}{}
		}
		n.keys = append(n.keys, key)
		n.items = append(n.items, item)
	}
	_, err := r.dec.Token() // }
	return n, err
}

// remember makes the set of keys when a scan would begin to be slow.
func remember(seen map[string]struct{}, keys []string) map[string]struct{} {
	if seen != nil || len(keys) < 16 {
		return seen
	}
	seen = make(map[string]struct{}, 2*len(keys))
	for _, k := range keys {
		seen[k] = struct{}{}
	}
	return seen
}

func known(seen map[string]struct{}, keys []string, key string) bool {
	if seen != nil {
		_, ok := seen[key]
		return ok
	}
	for _, k := range keys {
		if k == key {
			return true
		}
	}
	return false
}
