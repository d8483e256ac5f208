// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"go.opentelemetry.io/otel/attribute"
)

// All attribute keys of the conventions that are read: the present ones, and with "Old" the ones before them.
const (
	keyHTTPMethod    = "http.request.method"
	keyOldHTTPMethod = "http.method"
	keyHTTPStatus    = "http.response.status_code"
	keyOldHTTPStatus = "http.status_code"
	keyHTTPResends   = "http.request.resend_count"
	keyOldHTTPHost   = "http.host"

	keyURLPath      = "url.path"
	keyOldURLTarget = "http.target" // with the query
	keyURLScheme    = "url.scheme"
	keyOldURLScheme = "http.scheme"
	keyURLFull      = "url.full"
	keyOldURLFull   = "http.url"
	keyURLTemplate  = "url.template"

	keyServer    = "server.address"
	keyOldServer = "net.peer.name"
	keyOldPeerIP = "net.peer.ip"
	keyPort      = "server.port"
	keyOldPort   = "net.peer.port"

	keyDBSystem       = "db.system.name"
	keyOldDBSystem    = "db.system"
	keyDBNamespace    = "db.namespace"
	keyOldDBNamespace = "db.name"
	keyDBOperation    = "db.operation.name"
	keyOldDBOperation = "db.operation"
	keyDBCollection   = "db.collection.name"
	keyOldDBTable     = "db.sql.table"
	keyOldDBMongo     = "db.mongodb.collection"
	keyOldDBCassandra = "db.cassandra.table"
	keyDBSummary      = "db.query.summary"
	keyDBStatement    = "db.query.text"
	keyOldDBStatement = "db.statement"
	keyDBStatus       = "db.response.status_code"

	keyRPCSystem        = "rpc.system.name"
	keyOldRPCSystem     = "rpc.system"
	keyOldRPCService    = "rpc.service" // now a part of rpc.method
	keyRPCMethod        = "rpc.method"
	keyRPCStatus        = "rpc.response.status_code"
	keyOldGRPCStatus    = "rpc.grpc.status_code"
	keyOldConnectStatus = "rpc.connect_rpc.error_code"

	keyMessaging               = "messaging.system"
	keyMessagingDestination    = "messaging.destination.name"
	keyMessagingTemplate       = "messaging.destination.template"
	keyMessagingTemporary      = "messaging.destination.temporary"
	keyMessagingAnonymous      = "messaging.destination.anonymous"
	keyOldMessagingDestination = "messaging.destination"
	keyMessagingOperation      = "messaging.operation.name"
	keyMessagingOperationType  = "messaging.operation.type"
	keyOldMessagingOperation   = "messaging.operation"
	keyMessagingCount          = "messaging.batch.message_count"

	keyErrorType = "error.type"
	keyOverflow  = "otel.metric.overflow"
)

// ErrorTypeKey is the class of what a span failed with.
const ErrorTypeKey = keyErrorType

// maxAttributes is how many attributes of one span are looked at.
const maxAttributes = 128

// bounded returns those attributes of a span that are looked at: the first ones.
func bounded(attrs []attribute.KeyValue) []attribute.KeyValue {
	return attrs[:min(len(attrs), maxAttributes)]
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

// ErrorType returns error.type, the class of what a span failed with; "" if there is none.
func ErrorType(attrs []attribute.KeyValue) string {
	attrs = bounded(attrs)
	for i := range attrs {
		if attrs[i].Key == keyErrorType {
			return attrs[i].Value.AsString()
		}
	}
	return ""
}

// Path returns the path that a server span was asked for, without a query; "" if there is none. It is as long as the client
// made it.
func Path(attrs []attribute.KeyValue) string {
	old := ""
	attrs = bounded(attrs)
	for i := range attrs {
		switch attrs[i].Key {
		case keyURLPath:
			return beforeQuery(attrs[i].Value.AsString())
		case keyOldURLTarget:
			old = attrs[i].Value.AsString()
		}
	}
	return beforeQuery(old)
}
