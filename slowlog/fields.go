// SPDX-License-Identifier: Apache-2.0

package slowlog

import "go.opentelemetry.io/otel/attribute"

// field is an attribute that explains a call.
type field int

const (
	dbSystem field = iota
	dbNamespace
	dbOperation
	dbCollection
	dbSummary
	dbText
	dbStatus
	serverAddress
	serverPort
	httpMethod
	httpStatus
	httpResend
	urlTemplate
	urlFull
	rpcSystem
	rpcService
	rpcMethod
	rpcStatus
	messagingSystem
	messagingDestination
	messagingOperation
	messagingCount
	errorType
	fields // how many there are
)

// present are the names of the fields in the semantic conventions (https://opentelemetry.io/docs/specs/semconv/,
// version 1.38).
var present = [fields]string{
	dbSystem:             "db.system.name",
	dbNamespace:          "db.namespace",
	dbOperation:          "db.operation.name",
	dbCollection:         "db.collection.name",
	dbSummary:            "db.query.summary",
	dbText:               "db.query.text",
	dbStatus:             "db.response.status_code",
	serverAddress:        "server.address",
	serverPort:           "server.port",
	httpMethod:           "http.request.method",
	httpStatus:           "http.response.status_code",
	httpResend:           "http.request.resend_count",
	urlTemplate:          "url.template",
	urlFull:              "url.full",
	rpcSystem:            "rpc.system",
	rpcService:           "rpc.service",
	rpcMethod:            "rpc.method",
	rpcStatus:            "rpc.response.status_code",
	messagingSystem:      "messaging.system",
	messagingDestination: "messaging.destination.name",
	messagingOperation:   "messaging.operation.name",
	messagingCount:       "messaging.batch.message_count",
	errorType:            "error.type",
}

// canonical finds the field of an attribute key, by its present name or by those of versions 1.4 to 1.24.
var canonical = map[attribute.Key]field{
	"db.system.name": dbSystem, "db.system": dbSystem,
	"db.namespace": dbNamespace, "db.name": dbNamespace,
	"db.operation.name": dbOperation, "db.operation": dbOperation,
	"db.collection.name": dbCollection, "db.sql.table": dbCollection, "db.mongodb.collection": dbCollection, "db.cassandra.table": dbCollection,
	"db.query.summary": dbSummary,
	"db.query.text":    dbText, "db.statement": dbText,
	"db.response.status_code": dbStatus,
	"server.address":          serverAddress, "net.peer.name": serverAddress, "net.peer.ip": serverAddress,
	"server.port": serverPort, "net.peer.port": serverPort,
	"http.request.method": httpMethod, "http.method": httpMethod,
	"http.response.status_code": httpStatus, "http.status_code": httpStatus,
	"http.request.resend_count": httpResend,
	"url.template":              urlTemplate,
	"url.full":                  urlFull, "http.url": urlFull,
	"rpc.system": rpcSystem, "rpc.system.name": rpcSystem,
	"rpc.service":              rpcService,
	"rpc.method":               rpcMethod,
	"rpc.response.status_code": rpcStatus, "rpc.grpc.status_code": rpcStatus,
	"messaging.system":           messagingSystem,
	"messaging.destination.name": messagingDestination, "messaging.destination": messagingDestination, "messaging.destination.template": messagingDestination,
	"messaging.operation.name": messagingOperation, "messaging.operation": messagingOperation, "messaging.operation.type": messagingOperation,
	"messaging.batch.message_count": messagingCount,
	"error.type":                    errorType,
}

// values are the fields of one span; empty is not there. Of several names for one field the first that the span has wins.
type values [fields]string

func valuesOf(attrs []attribute.KeyValue) *values {
	var v values
	for i := range attrs[:min(len(attrs), maxScanned)] {
		f, ok := canonical[attrs[i].Key]
		if ok && v[f] == "" {
			v[f] = attrs[i].Value.String()
		}
	}
	return &v
}

// attributes are the values by name, within their bounds. The url is left out: its path may hold ids and its query
// string anything, and what is safe of it is in a node's detail.
func (v *values) attributes() map[string]string {
	var out map[string]string
	for f, value := range v {
		if value == "" || field(f) == urlFull || len(out) == maxAttributes {
			continue
		}
		if out == nil {
			out = make(map[string]string, 8)
		}
		limit := maxValue
		if field(f) == dbText {
			limit = maxStatement
		}
		out[present[f]] = own(value, limit)
	}
	return out
}
