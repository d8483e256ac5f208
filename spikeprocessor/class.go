// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "github.com/otelperf/otelperf-go/spikeprocessor/conventions"

// class is what tells rows of the table apart beside the two strings of their names, so that those are looked up as they come and
// put together once: the kind, and of a dependency its category and port, 8, 8 and 16 bits. That of HTTP requests is 0.
type class uint32

// httpClass is that of HTTP requests.
const httpClass = class(conventions.KindHTTP)

func kindClass(k conventions.Kind) class { return class(k) }

func dependencyClass(c conventions.Category, port uint16) class {
	return class(conventions.KindDependency) | class(c)<<8 | class(port)<<16
}

func (c class) kind() conventions.Kind { return conventions.Kind(c & 0xff) }

// endpoint puts the parts of a name together.
func (c class) endpoint(method, route string) conventions.Endpoint {
	if c.kind() != conventions.KindDependency {
		r := conventions.Request{Kind: c.kind(), Method: method, Route: route}
		return r.Endpoint()
	}
	return conventions.DependencyEndpoint(conventions.Category(c>>8&0xff), method, route, uint16(c>>16))
}
