// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "github.com/otelperf/otelperf-go/spikeprocessor/conventions"

// class is what tells rows of the table apart beside the two strings of their names, so that those are looked up as they come and
// put together once: the kind, and of a dependency its category and port, 8, 8 and 16 bits. That of HTTP requests is 0.
type class uint32

// httpClass is that of HTTP requests.
const httpClass = class(conventions.KindHTTP)

func kindClass(k conventions.Kind) class { return class(k) }

func classOf(d *conventions.Dependency) class {
	return class(conventions.KindDependency) | class(d.Category)<<8 | class(d.Port)<<16
}

func (c class) kind() conventions.Kind { return conventions.Kind(c & 0xff) }

// endpoint puts the parts of a name together.
func (c class) endpoint(method, route string) conventions.Endpoint {
	if c.kind() != conventions.KindDependency {
		r := conventions.Request{Kind: c.kind(), Method: method, Route: route}
		return r.Endpoint()
	}
	d := conventions.Dependency{Category: conventions.Category(c >> 8 & 0xff), Prefix: method, Name: route, Port: uint16(c >> 16)}
	return d.Endpoint()
}
