// SPDX-License-Identifier: Apache-2.0

package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"
)

const (
	maxJSONDepth = 12
	maxJSONNodes = 8192 // values in one body
)

// node is a JSON value. Reading into nodes, not into structs, finds repeated keys and bounds depth and
// number in one pass. Its strings are copies: what is stored of an event does not hold the body.
type node struct {
	kind  kind
	key   string // if it is a member of an object
	text  string
	int   int64 // of a bool, 1 is true
	float float64
	items []node // of an object or array
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

// jsonReader reads what json.Valid has accepted: that the grammar is right, and so the bounds of the slice
// expressions below, is known. json.Decoder would read it as well, at five times the cost.
type jsonReader struct {
	rest  []byte
	nodes int
	open  []node // members of the objects and arrays that are not complete yet
	free  []node // room for members of those that are
	first []node // where free began
}

// jsonReaders are for values that are done with before the reader is given back.
var jsonReaders = sync.Pool{New: func() any { return &jsonReader{} }}

// reusedNodes is the room that a reader has left for the next body, 160 KiB: what usual batches of 100 take.
const reusedNodes = 2048

// release gives a reader back, with its room unless that is large, and without what was read.
func (r *jsonReader) release() {
	if cap(r.open)+cap(r.first) > reusedNodes {
		return
	}
	clear(r.open[:cap(r.open)])
	clear(r.first[:cap(r.first)])
	*r = jsonReader{open: r.open[:0], free: r.first[:0], first: r.first[:0]}
	jsonReaders.Put(r)
}

// read returns the value that body is. Its members are good until release.
func (r *jsonReader) read(body []byte) (node, error) {
	if !utf8.Valid(body) {
		return node{}, errUTF8
	}
	if !json.Valid(body) {
		return node{}, errSyntax
	}
	r.rest = body
	return r.value(0)
}

// close takes the members from start on, of which no more will come, out of the open ones.
func (r *jsonReader) close(start int) []node {
	members := r.open[start:]
	if len(r.free)+len(members) > cap(r.free) {
		r.free = make([]node, 0, max(64, 2*cap(r.free), len(members)))
		r.first = r.free
	}
	begin := len(r.free)
	r.free = append(r.free, members...)
	r.open = r.open[:start]
	return r.free[begin:len(r.free):len(r.free)]
}

// next skips blanks, commas and colons, and returns the first byte of what comes then.
func (r *jsonReader) next() byte {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n,:")
	return r.rest[0]
}

func (r *jsonReader) value(depth int) (node, error) {
	if depth > maxJSONDepth {
		return node{}, errDepth
	}
	if r.nodes++; r.nodes > maxJSONNodes {
		return node{}, errNodes
	}
	switch c := r.next(); c {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return node{kind: kindText, text: r.text()}, nil
	case 't':
		r.rest = r.rest[len("true"):]
		return node{kind: kindBool, int: 1}, nil
	case 'f':
		r.rest = r.rest[len("false"):]
		return node{kind: kindBool}, nil
	case 'n':
		r.rest = r.rest[len("null"):]
		return node{}, nil
	default:
		return r.number()
	}
}

// text reads a string. Escapes are rare, so they are left to encoding/json.
func (r *jsonReader) text() string {
	end, escaped := 1, false
	for ; r.rest[end] != '"'; end++ {
		if r.rest[end] == '\\' {
			escaped = true
			end++ // what is escaped does not end the string
		}
	}
	literal := r.rest[:end+1]
	r.rest = r.rest[end+1:]
	if !escaped {
		return intern(literal[1:end])
	}
	var s string
	_ = json.Unmarshal(literal, &s) // a valid literal
	return s
}

func (r *jsonReader) number() (node, error) {
	end, whole := 0, true
	for ; end < len(r.rest); end++ {
		c := r.rest[end]
		if c == '.' || c == 'e' || c == 'E' {
			whole = false
		} else if c != '-' && c != '+' && (c < '0' || c > '9') {
			break
		}
	}
	s := string(r.rest[:end])
	r.rest = r.rest[end:]
	if whole {
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
	start := len(r.open)
	r.rest = r.rest[1:]
	for r.next() != ']' {
		item, err := r.value(depth + 1)
		if err != nil {
			return node{}, err
		}
		r.open = append(r.open, item)
	}
	r.rest = r.rest[1:]
	return node{kind: kindArray, items: r.close(start)}, nil
}

func (r *jsonReader) object(depth int) (node, error) {
	start := len(r.open)
	r.rest = r.rest[1:]
	var keys keySet
	for r.next() != '}' {
		key := r.text()
		if !keys.add(key, r.open[start:]) {
			return node{}, errRepeated
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return node{}, err
		}
		item.key = key
		r.open = append(r.open, item)
	}
	r.rest = r.rest[1:]
	return node{kind: kindObject, items: r.close(start)}, nil
}
