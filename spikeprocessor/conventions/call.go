// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"cmp"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// CallOf reads all that explains what a span called, for the slow log. The strings are as long as the span has them; the slow log
// bounds what it keeps.
func CallOf(kind trace.SpanKind, attrs []attribute.KeyValue) (c slowlog.Call) {
	ip := ""
	for _, kv := range bounded(attrs) {
		if kv.Key == keyOldPeerIP {
			ip = kv.Value.AsString()
		}
		readCall(&c, kv.Key, kv.Value)
	}
	if c.ServerAddress == "" {
		c.ServerAddress = ip
	}
	c.Category = categorize(kind, &c)
	return c
}

func readCall(c *slowlog.Call, key attribute.Key, v attribute.Value) {
	switch key {
	case keyDBSystem:
		c.DBSystem = v.String()
	case keyOldDBSystem:
		older(&c.DBSystem, v)
	case keyDBNamespace:
		c.DBNamespace = v.String()
	case keyOldDBNamespace:
		older(&c.DBNamespace, v)
	case keyDBOperation:
		c.DBOperation = v.String()
	case keyOldDBOperation:
		older(&c.DBOperation, v)
	case keyDBCollection:
		c.DBCollection = v.String()
	case keyOldDBTable, keyOldDBMongo, keyOldDBCassandra:
		older(&c.DBCollection, v)
	case keyDBSummary:
		c.DBSummary = v.String()
	case keyDBStatement:
		c.DBStatement = v.String()
	case keyOldDBStatement:
		older(&c.DBStatement, v)
	case keyDBStatus:
		c.DBStatus = v.String()

	case keyServer:
		c.ServerAddress = v.String()
	case keyOldServer:
		older(&c.ServerAddress, v)
	case keyPort:
		c.ServerPort = cmp.Or(number(v), c.ServerPort)
	case keyOldPort:
		olderNumber(&c.ServerPort, v)

	case keyHTTPMethod:
		c.HTTPMethod = v.String()
	case keyOldHTTPMethod:
		older(&c.HTTPMethod, v)
	case keyHTTPStatus:
		c.HTTPStatus = cmp.Or(number(v), c.HTTPStatus)
	case keyOldHTTPStatus:
		olderNumber(&c.HTTPStatus, v)
	case keyHTTPResends:
		c.HTTPResends = number(v)
	case keyURLTemplate:
		c.URLTemplate = v.String()
	case keyURLFull:
		c.URLFull = v.String()
	case keyOldURLFull:
		older(&c.URLFull, v)

	case keyRPCSystem:
		c.RPCSystem = v.String()
	case keyOldRPCSystem:
		older(&c.RPCSystem, v)
	case keyOldRPCService:
		c.RPCService = v.String()
	case keyRPCMethod:
		c.RPCMethod = v.String()
	case keyRPCStatus:
		c.RPCStatus = v.String()
	case keyOldGRPCStatus, keyOldConnectStatus:
		older(&c.RPCStatus, v)

	case keyMessaging:
		c.MessagingSystem = v.String()
	case keyMessagingDestination:
		c.MessagingDestination = v.String()
	case keyOldMessagingDestination, keyMessagingTemplate:
		older(&c.MessagingDestination, v)
	case keyMessagingOperation:
		c.MessagingOperation = v.String()
	case keyOldMessagingOperation, keyMessagingOperationType:
		older(&c.MessagingOperation, v)
	case keyMessagingCount:
		c.MessagingCount = number(v)

	case keyErrorType:
		c.ErrorType = v.String()
	}
}

// older takes a value from an older name, unless there is one.
func older(to *string, v attribute.Value) {
	if *to == "" {
		*to = v.String()
	}
}

func olderNumber(to *int, v attribute.Value) {
	if *to == 0 {
		*to = number(v)
	}
}

// categorize decides by what there is; the kind only keeps the serving side of a protocol from counting as a call.
func categorize(kind trace.SpanKind, c *slowlog.Call) slowlog.Category {
	switch {
	case kind == trace.SpanKindServer || kind == trace.SpanKindConsumer:
		return slowlog.Own
	case isCache(c.DBSystem):
		return slowlog.Cache
	case c.DBSystem != "" || c.DBStatement != "":
		return slowlog.DB
	case c.MessagingSystem != "":
		return slowlog.Messaging
	case c.RPCSystem != "":
		return slowlog.RPC
	case kind == trace.SpanKindClient && (c.HTTPMethod != "" || c.URLFull != ""):
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
