// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"
)

// Key stands for the name of an attribute that is read; 0 is none of them. Its number has no meaning but that, and may be another in
// the next version.
type Key uint8

const (
	noKey Key = iota
	atHTTPMethod
	atOldHTTPMethod
	atHTTPStatus
	atOldHTTPStatus
	atHTTPResends
	atOldHTTPHost
	atURLPath
	atOldURLTarget
	atURLScheme
	atOldURLScheme
	atURLFull
	atOldURLFull
	atURLTemplate
	atServer
	atOldServer
	atOldPeerIP
	atPort
	atOldPort
	atDBSystem
	atOldDBSystem
	atDBNamespace
	atOldDBNamespace
	atDBOperation
	atOldDBOperation
	atDBCollection
	atOldDBTable
	atOldDBMongo
	atOldDBCassandra
	atDBSummary
	atDBStatement
	atOldDBStatement
	atDBStatus
	atRPCSystem
	atOldRPCSystem
	atOldRPCService
	atRPCMethod
	atRPCStatus
	atOldGRPCStatus
	atOldConnectStatus
	atMessaging
	atMessagingDestination
	atMessagingTemplate
	atMessagingTemporary
	atMessagingAnonymous
	atOldMessagingDestination
	atMessagingOperation
	atMessagingOperationType
	atOldMessagingOperation
	atMessagingCount
	atErrorType
	atRoute
	atOutcome
)

// keys is a set of keys.
type keys uint64

func (s keys) has(key Key) bool { return s>>(key&63)&1 != 0 }

// KeyOf returns the key of a name, 0 for one that nothing here reads.
func KeyOf(name string) Key {
	switch name {
	case keyHTTPMethod:
		return atHTTPMethod
	case keyOldHTTPMethod:
		return atOldHTTPMethod
	case keyHTTPStatus:
		return atHTTPStatus
	case keyOldHTTPStatus:
		return atOldHTTPStatus
	case keyHTTPResends:
		return atHTTPResends
	case keyOldHTTPHost:
		return atOldHTTPHost
	case keyURLPath:
		return atURLPath
	case keyOldURLTarget:
		return atOldURLTarget
	case keyURLScheme:
		return atURLScheme
	case keyOldURLScheme:
		return atOldURLScheme
	case keyURLFull:
		return atURLFull
	case keyOldURLFull:
		return atOldURLFull
	case keyURLTemplate:
		return atURLTemplate
	case keyServer:
		return atServer
	case keyOldServer:
		return atOldServer
	case keyOldPeerIP:
		return atOldPeerIP
	case keyPort:
		return atPort
	case keyOldPort:
		return atOldPort
	case keyDBSystem:
		return atDBSystem
	case keyOldDBSystem:
		return atOldDBSystem
	case keyDBNamespace:
		return atDBNamespace
	case keyOldDBNamespace:
		return atOldDBNamespace
	case keyDBOperation:
		return atDBOperation
	case keyOldDBOperation:
		return atOldDBOperation
	case keyDBCollection:
		return atDBCollection
	case keyOldDBTable:
		return atOldDBTable
	case keyOldDBMongo:
		return atOldDBMongo
	case keyOldDBCassandra:
		return atOldDBCassandra
	case keyDBSummary:
		return atDBSummary
	case keyDBStatement:
		return atDBStatement
	case keyOldDBStatement:
		return atOldDBStatement
	case keyDBStatus:
		return atDBStatus
	case keyRPCSystem:
		return atRPCSystem
	case keyOldRPCSystem:
		return atOldRPCSystem
	case keyOldRPCService:
		return atOldRPCService
	case keyRPCMethod:
		return atRPCMethod
	case keyRPCStatus:
		return atRPCStatus
	case keyOldGRPCStatus:
		return atOldGRPCStatus
	case keyOldConnectStatus:
		return atOldConnectStatus
	case keyMessaging:
		return atMessaging
	case keyMessagingDestination:
		return atMessagingDestination
	case keyMessagingTemplate:
		return atMessagingTemplate
	case keyMessagingTemporary:
		return atMessagingTemporary
	case keyMessagingAnonymous:
		return atMessagingAnonymous
	case keyOldMessagingDestination:
		return atOldMessagingDestination
	case keyMessagingOperation:
		return atMessagingOperation
	case keyMessagingOperationType:
		return atMessagingOperationType
	case keyOldMessagingOperation:
		return atOldMessagingOperation
	case keyMessagingCount:
		return atMessagingCount
	case keyErrorType:
		return atErrorType
	case string(RouteKey):
		return atRoute
	case string(OutcomeKey):
		return atOutcome
	}
	return noKey
}

// Type is that of a Value.
type Type uint8

// The types. Of another one only the text is known, and only where it is asked for.
const (
	TypeOther Type = iota
	TypeText
	TypeInteger
	TypeBool
)

// Value is an attribute's value as plain words, so that spans of any API can be read.
type Value struct {
	Text   string // of a text
	Number int64  // of an integer; 1 of true
	Type   Type   // which of them it has
}

// text is that of a text; "" of all else.
func (v Value) text() string {
	if v.Type != TypeText {
		return ""
	}
	return v.Text
}

// number is a value that the conventions define as an integer; 0 if it is none. Instrumentations that write it as a text are understood.
func (v Value) number() int {
	switch v.Type {
	case TypeInteger:
		return int(v.Number)
	case TypeText:
		return digits(v.Text)
	}
	return 0
}

// String is the value in words.
func (v Value) String() string {
	switch v.Type {
	case TypeInteger:
		return strconv.FormatInt(v.Number, 10)
	case TypeBool:
		return strconv.FormatBool(v.Number != 0)
	}
	return v.Text
}

// valueOf is a value of the SDK's without the text of what is neither a text nor a number. It allocates nothing.
func valueOf(v *attribute.Value) Value {
	switch v.Type() {
	case attribute.STRING:
		return Value{Text: v.AsString(), Type: TypeText}
	case attribute.INT64:
		return Value{Number: v.AsInt64(), Type: TypeInteger}
	case attribute.BOOL:
		if v.AsBool() {
			return Value{Number: 1, Type: TypeBool}
		}
		return Value{Type: TypeBool}
	}
	return Value{}
}
