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
func CallOf(kind trace.SpanKind, attrs []attribute.KeyValue) slowlog.Call {
	var r CallReader
	for _, kv := range bounded(attrs) {
		if key := KeyOf(string(kv.Key)); key != noKey {
			v := valueOf(&kv.Value)
			if v.Type == TypeOther {
				v.Text = kv.Value.String()
			}
			r.Take(key, v)
		}
	}
	return r.Call(kind)
}

// CallReader is CallOf for the spans of other APIs. The zero value is ready to use, once.
type CallReader struct {
	call slowlog.Call
	ip   string
}

// Take takes one attribute in.
func (r *CallReader) Take(key Key, v Value) {
	if key == atOldPeerIP {
		r.ip = v.text()
	}
	readCall(&r.call, key, v)
}

// Call returns what they say.
func (r *CallReader) Call(kind trace.SpanKind) slowlog.Call {
	c := r.call
	c.ServerAddress = cmp.Or(c.ServerAddress, r.ip)
	c.Category = categorize(kind, &c)
	return c
}

func readCall(c *slowlog.Call, key Key, v Value) {
	switch key {
	case atDBSystem:
		c.DBSystem = v.String()
	case atOldDBSystem:
		older(&c.DBSystem, v)
	case atDBNamespace:
		c.DBNamespace = v.String()
	case atOldDBNamespace:
		older(&c.DBNamespace, v)
	case atDBOperation:
		c.DBOperation = v.String()
	case atOldDBOperation:
		older(&c.DBOperation, v)
	case atDBCollection:
		c.DBCollection = v.String()
	case atOldDBTable, atOldDBMongo, atOldDBCassandra:
		older(&c.DBCollection, v)
	case atDBSummary:
		c.DBSummary = v.String()
	case atDBStatement:
		c.DBStatement = v.String()
	case atOldDBStatement:
		older(&c.DBStatement, v)
	case atDBStatus:
		c.DBStatus = v.String()

	case atServer:
		c.ServerAddress = v.String()
	case atOldServer:
		older(&c.ServerAddress, v)
	case atPort:
		c.ServerPort = cmp.Or(v.number(), c.ServerPort)
	case atOldPort:
		olderNumber(&c.ServerPort, v)

	case atHTTPMethod:
		c.HTTPMethod = v.String()
	case atOldHTTPMethod:
		older(&c.HTTPMethod, v)
	case atHTTPStatus:
		c.HTTPStatus = cmp.Or(v.number(), c.HTTPStatus)
	case atOldHTTPStatus:
		olderNumber(&c.HTTPStatus, v)
	case atHTTPResends:
		c.HTTPResends = v.number()
	case atURLTemplate:
		c.URLTemplate = v.String()
	case atURLFull:
		c.URLFull = v.String()
	case atOldURLFull:
		older(&c.URLFull, v)

	case atRPCSystem:
		c.RPCSystem = v.String()
	case atOldRPCSystem:
		older(&c.RPCSystem, v)
	case atOldRPCService:
		c.RPCService = v.String()
	case atRPCMethod:
		c.RPCMethod = v.String()
	case atRPCStatus:
		c.RPCStatus = v.String()
	case atOldGRPCStatus, atOldConnectStatus:
		older(&c.RPCStatus, v)

	case atMessaging:
		c.MessagingSystem = v.String()
	case atMessagingDestination:
		c.MessagingDestination = v.String()
	case atOldMessagingDestination, atMessagingTemplate:
		older(&c.MessagingDestination, v)
	case atMessagingOperation:
		c.MessagingOperation = v.String()
	case atOldMessagingOperation, atMessagingOperationType:
		older(&c.MessagingOperation, v)
	case atMessagingCount:
		c.MessagingCount = v.number()

	case atErrorType:
		c.ErrorType = v.String()
	}
}

// older takes a value from an older name, unless there is one.
func older(to *string, v Value) {
	if *to == "" {
		*to = v.String()
	}
}

func olderNumber(to *int, v Value) {
	if *to == 0 {
		*to = v.number()
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
