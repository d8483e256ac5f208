// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

// Keys that are read from spans; older names follow their successors.
const (
	keyHTTPMethod    = "http.request.method"
	keyHTTPRoute     = "http.route"
	keyHTTPStatus    = "http.response.status_code"
	keyURLPath       = "url.path"
	keyOldHTTPMethod = "http.method"
	keyOldHTTPStatus = "http.status_code"
	keyOldHTTPTarget = "http.target"

	keyRPCSystem    = "rpc.system.name"
	keyOldRPCSystem = "rpc.system"
	keyRPCStatus    = "rpc.response.status_code"
	keyOldRPCStatus = "rpc.grpc.status_code"

	keyServer      = "server.address"
	keyOldServer   = "net.peer.name"
	keyOlderServer = "http.host"

	keyDBSummary = "db.query.summary"
	keyDBText    = "db.query.text"
	keyOldDBText = "db.statement"

	keyDBSystem    = "db.system.name"
	keyOldDBSystem = "db.system"
	keyMessaging   = "messaging.system"

	keyExceptionType    = "exception.type"
	keyExceptionMessage = "exception.message"
	keyExceptionStack   = "exception.stacktrace"
)
