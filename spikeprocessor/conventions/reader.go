// SPDX-License-Identifier: Apache-2.0

package conventions

import "go.opentelemetry.io/otel/trace"

// MaxAttributes is how many attributes of one span are looked at: the first ones.
const MaxAttributes = maxAttributes

// Reader reads spans of which the attributes are not the SDK's, such as a collector's, as [Span.Request] and [Dependency] read those:
//
//	r.Begin(kind, name, failed, isRoot)
//	for k, v := range attributes { // the first MaxAttributes
//		if key := r.KeyOf(k); key != 0 {
//			r.Take(key, v)
//		}
//	}
//	request := r.Request()
//
// It allocates what those do: nothing, as a rule. The zero value is ready to use, for one span after the other; it is for one goroutine
// at a time. It holds on to the strings of the last span.
type Reader struct {
	span         Span
	wants        keys // that say something of it
	asked, calls bool // to be read as a request, as a call
	said         said
	peer         peer
	destination  destination
}

// Begin begins another span; root tells whether it is a local root, without which it is no request.
func (r *Reader) Begin(kind trace.SpanKind, name string, failed, root bool) {
	r.span = Span{Kind: kind, Name: name, Failed: failed}
	r.asked, r.calls, r.wants = root, kind == trace.SpanKindClient || kind == trace.SpanKindProducer, 0
	if r.asked {
		r.said, r.wants = said{}, saidKeys
	}
	if r.calls {
		r.peer = peer{}
		r.wants |= peerKeys
	}
	if r.calls || kind == trace.SpanKindConsumer {
		r.destination = destination{}
		r.wants |= destinationKeys
	}
}

// KeyOf is the function of this name, and 0 for what says nothing of the span, too: the address of the server, of a request.
func (r *Reader) KeyOf(name string) Key {
	if key := KeyOf(name); r.wants.has(key) {
		return key
	}
	return noKey
}

// Take takes one attribute in.
func (r *Reader) Take(key Key, v Value) {
	switch {
	case !r.wants.has(key):
	case !r.calls && saidKeys.has(key):
		r.said.take(key, v)
	case !r.asked && peerKeys.has(key):
		r.peer.take(key, v)
	default:
		r.take(key, v)
	}
}

// take is Take of what is of use more than once, or says where messages are.
func (r *Reader) take(key Key, v Value) {
	if r.asked {
		r.said.take(key, v)
	}
	if r.calls {
		r.peer.take(key, v)
	}
	if destinationKeys.has(key) {
		r.destination.take(key, v)
	}
}

// Exception says that the span has an exception with a message.
func (r *Reader) Exception(message string) { r.span.exceptional(message) }

// Request is [Span.Request], of a local root.
func (r *Reader) Request() Request { return r.span.request(&r.said, &r.destination) }

// Dependency is the function of this name, of a client or producer span.
func (r *Reader) Dependency() (c Category, prefix, name, statement string, port uint16) {
	return r.peer.dependency(r.span.Kind)
}

// NameOf is [Category.NameOf] of a client or producer span.
func (r *Reader) NameOf(c Category) (name, statement string) {
	if c == categoryMessaging {
		return r.destination.of(r.span.Name), ""
	}
	return c.NameOf(r.span.Name, nil)
}

// Path is the function of this name, of a local root.
func (r *Reader) Path() string { return beforeQuery(r.said.path) }
