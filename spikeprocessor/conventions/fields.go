// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// field is something that a span or a metric point can say, whatever it was called in its version of the conventions.
type field uint8

const (
	outcomeOfOurs field = iota // otelperf.outcome
	httpMethod
	httpRoute
	httpStatus
	httpResend
	urlScheme
	urlFull
	urlTemplate
	serverAddress
	serverPort
	httpHost // of old, with the port
	dbSystem
	dbNamespace
	dbOperation
	dbCollection
	dbSummary
	dbText
	dbStatus
	rpcSystem
	rpcService
	rpcMethod
	rpcStatus
	messagingSystem
	messagingDestination
	messagingOperation
	messagingCount
	errorType
	overflow // of a metric point

	numFields
)

// maxAttributes is how many attributes of one span are looked at; positions fit into a byte.
const maxAttributes = 128

// Keys that are asked for one by one.
const (
	keyHTTPMethod = "http.request.method"
	keyHTTPRoute  = "http.route"
	keyHTTPStatus = "http.response.status_code"
	keyURLPath    = "url.path"
)

// fields is where the attributes of a span have what they say: positions, so that no value is touched that nobody asks for.
type fields struct {
	attrs []attribute.KeyValue
	at    [numFields]uint8 // position plus one; 0: not there
}

// read finds the fields. This switch is the list of all keys that are known; older names stand beside their successors.
func (f *fields) read(attrs []attribute.KeyValue) {
	f.attrs = attrs[:min(len(attrs), maxAttributes)]
	for i := range f.attrs {
		switch f.attrs[i].Key {
		case OutcomeKey:
			f.present(outcomeOfOurs, i)

		case keyHTTPMethod:
			f.present(httpMethod, i)
		case "http.method":
			f.older(httpMethod, i)
		case keyHTTPRoute:
			f.present(httpRoute, i)
		case keyHTTPStatus:
			f.present(httpStatus, i)
		case "http.status_code":
			f.older(httpStatus, i)
		case "http.request.resend_count":
			f.present(httpResend, i)

		case "url.scheme":
			f.present(urlScheme, i)
		case "http.scheme":
			f.older(urlScheme, i)
		case "url.full":
			f.present(urlFull, i)
		case "http.url":
			f.older(urlFull, i)
		case "url.template":
			f.present(urlTemplate, i)

		case "server.address":
			f.present(serverAddress, i)
		case "net.peer.name", "net.peer.ip":
			f.older(serverAddress, i)
		case "server.port":
			f.present(serverPort, i)
		case "net.peer.port":
			f.older(serverPort, i)
		case "http.host":
			f.older(httpHost, i)

		case "db.system.name":
			f.present(dbSystem, i)
		case "db.system":
			f.older(dbSystem, i)
		case "db.namespace":
			f.present(dbNamespace, i)
		case "db.name":
			f.older(dbNamespace, i)
		case "db.operation.name":
			f.present(dbOperation, i)
		case "db.operation":
			f.older(dbOperation, i)
		case "db.collection.name":
			f.present(dbCollection, i)
		case "db.sql.table", "db.mongodb.collection", "db.cassandra.table":
			f.older(dbCollection, i)
		case "db.query.summary":
			f.present(dbSummary, i)
		case "db.query.text":
			f.present(dbText, i)
		case "db.statement":
			f.older(dbText, i)
		case "db.response.status_code":
			f.present(dbStatus, i)

		case "rpc.system.name":
			f.present(rpcSystem, i)
		case "rpc.system":
			f.older(rpcSystem, i)
		case "rpc.service":
			f.older(rpcService, i)
		case "rpc.method":
			f.present(rpcMethod, i)
		case "rpc.response.status_code":
			f.present(rpcStatus, i)
		case "rpc.grpc.status_code", "rpc.connect_rpc.error_code":
			f.older(rpcStatus, i)

		case "messaging.system":
			f.present(messagingSystem, i)
		case "messaging.destination.name":
			f.present(messagingDestination, i)
		case "messaging.destination", "messaging.destination.template":
			f.older(messagingDestination, i)
		case "messaging.operation.name":
			f.present(messagingOperation, i)
		case "messaging.operation", "messaging.operation.type":
			f.older(messagingOperation, i)
		case "messaging.batch.message_count":
			f.present(messagingCount, i)

		case "error.type":
			f.present(errorType, i)
		case "otel.metric.overflow":
			f.present(overflow, i)
		}
	}
}

func (f *fields) present(x field, i int) { f.at[x] = uint8(i + 1) }

func (f *fields) older(x field, i int) {
	if f.at[x] == 0 {
		f.at[x] = uint8(i + 1)
	}
}

func (f *fields) has(x field) bool { return f.at[x] != 0 }

// text is a field that the conventions define as a string; "" if it is not there, or is none. It allocates nothing.
func (f *fields) text(x field) string {
	if f.at[x] == 0 {
		return ""
	}
	return f.attrs[f.at[x]-1].Value.AsString()
}

// anyText is a field as text, of whatever type it is.
func (f *fields) anyText(x field) string {
	if f.at[x] == 0 {
		return ""
	}
	return f.attrs[f.at[x]-1].Value.String()
}

// number is a field that the conventions define as an integer; 0 if it is not there, or is none. Instrumentations that write
// it as a string are understood. It allocates nothing.
func (f *fields) number(x field) int {
	if f.at[x] == 0 {
		return 0
	}
	v := &f.attrs[f.at[x]-1].Value
	switch v.Type() {
	case attribute.INT64:
		return int(v.AsInt64())
	case attribute.STRING:
		return digits(v.AsString())
	}
	return 0
}

// digits reads a number of at most nine digits; 0 for all else.
func digits(s string) (n int) {
	if len(s) > 9 {
		return 0
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0
		}
		n = 10*n + int(d)
	}
	return n
}

// Path returns the path that a server span was asked for, url.path or http.target of old without its query; "" if
// there is none. It is as long as the client made it.
func Path(attrs []attribute.KeyValue) string {
	old := ""
	for i := range attrs {
		switch attrs[i].Key {
		case keyURLPath:
			return attrs[i].Value.AsString()
		case "http.target":
			old = attrs[i].Value.AsString()
		}
	}
	path, _, _ := strings.Cut(old, "?")
	return path
}
