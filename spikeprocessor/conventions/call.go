// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Call reads all that explains what a span called, for the slow log. The strings are as long as the span has them; the slow log
// bounds what it keeps.
func (s *Span) Call() slowlog.Call {
	var f fields
	f.read(s.Attributes)
	return slowlog.Call{
		Category: categorize(s.Kind, &f),

		DBSystem: f.anyText(dbSystem), DBNamespace: f.anyText(dbNamespace), DBOperation: f.anyText(dbOperation),
		DBCollection: f.anyText(dbCollection), DBSummary: f.anyText(dbSummary), DBStatement: f.anyText(dbText), DBStatus: f.anyText(dbStatus),

		ServerAddress: f.anyText(serverAddress), ServerPort: f.number(serverPort),

		HTTPMethod: f.anyText(httpMethod), HTTPStatus: f.number(httpStatus), HTTPResends: f.number(httpResend),
		URLTemplate: f.anyText(urlTemplate), URLFull: f.anyText(urlFull),

		RPCSystem: f.anyText(rpcSystem), RPCService: f.anyText(rpcService), RPCMethod: f.anyText(rpcMethod), RPCStatus: f.anyText(rpcStatus),

		MessagingSystem: f.anyText(messagingSystem), MessagingDestination: f.anyText(messagingDestination),
		MessagingOperation: f.anyText(messagingOperation), MessagingCount: f.number(messagingCount),

		ErrorType: f.anyText(errorType),
	}
}

// categorize decides by the attributes; the kind only keeps the serving side of a protocol from counting as a call.
func categorize(kind trace.SpanKind, f *fields) slowlog.Category {
	switch system := f.text(dbSystem); {
	case kind == trace.SpanKindServer || kind == trace.SpanKindConsumer:
		return slowlog.Own
	case isCache(system):
		return slowlog.Cache
	case system != "" || f.text(dbText) != "":
		return slowlog.DB
	case f.text(messagingSystem) != "":
		return slowlog.Messaging
	case f.text(rpcSystem) != "":
		return slowlog.RPC
	case kind == trace.SpanKindClient && (f.text(httpMethod) != "" || f.text(urlFull) != ""):
		return slowlog.HTTP
	default:
		return slowlog.Own
	}
}

func isCache(system string) bool {
	switch system {
	case "redis", "valkey", "memcached", "keydb", "dragonfly", "hazelcast", "aws.elasticache":
		return true
	}
	return false
}
