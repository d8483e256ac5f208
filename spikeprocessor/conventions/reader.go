// SPDX-License-Identifier: Apache-2.0

package conventions

import "go.opentelemetry.io/otel/trace"

// MaxAttributes is how many attributes of one span are looked at: the first ones.
const MaxAttributes = maxAttributes

// Reader reads spans of which the attributes are not the SDK's, such as a collector's, as [Span.Request] and [Dependency] read those:
//
//	r.Begin(kind, name, failed, isRoot)
//	for k, v := range attributes { // the first MaxAttributes
//		if key := conventions.KeyOf(k); key != 0 {
//			r.Take(key, v)
//		}
//	}
//	request := r.Request()
//
// It allocates what those do: nothing, as a rule. The zero value is ready to use, for one span after the other; it is for one goroutine
// at a time. It holds on to the strings of the last span.
type Reader struct {
	span         Span
	asked, calls bool // to be read as a request, as a call
	said         said
	peer         peer
	destination  destination
}

// Begin begins another span; root tells whether it is a local root, without which it is no request.
func (r *Reader) Begin(kind trace.SpanKind, name string, failed, root bool) {
	r.span = Span{Kind: kind, Name: name, Failed: failed}
	r.asked, r.calls = root, kind == trace.SpanKindClient || kind == trace.SpanKindProducer
	if r.asked {
		r.said = said{}
	}
	if r.calls {
		r.peer = peer{}
	}
	if r.calls || kind == trace.SpanKindConsumer {
		r.destination = destination{}
	}
}

// Take takes one attribute in.
func (r *Reader) Take(key Key, v Value) {
	if r.asked {
		r.said.take(key, v)
	}
	if r.calls {
		r.peer.take(key, v)
	}
	if key >= atMessagingDestination {
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
