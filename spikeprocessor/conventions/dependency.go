// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"cmp"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Category is what sort of thing a dependency is. Its number has no meaning but that.
type Category uint8

const (
	categoryOther Category = iota // a client span of which no more is known
	categoryHTTP
	categoryDB // and caches
	categoryRPC
	categoryMessaging

	numCategories = iota
)

var categoryNames = [numCategories]string{"client", "http", "db", "rpc", "messaging"}

// String returns http, db, rpc, messaging, or client for all else. It is the Method of the dependency's Endpoint.
func (c Category) String() string {
	if c >= numCategories {
		return categoryNames[categoryOther]
	}
	return categoryNames[c]
}

// peer is what the attributes of a client or producer span say of the other side.
type peer struct {
	method, server, host, scheme, url string // of HTTP; host is http.host of old, with a port
	ip                                string // net.peer.ip, where there is no server
	port                              int
	system, summary, statement        string // of a database
	rpc, messaging                    string // systems
}

func (p *peer) read(attrs []attribute.KeyValue) {
	for i := range attrs {
		if key := KeyOf(string(attrs[i].Key)); key != noKey {
			p.take(key, valueOf(&attrs[i].Value))
		}
	}
	p.server = cmp.Or(p.server, p.ip)
}

// peerKeys are those that take looks at.
const peerKeys keys = 1<<atHTTPMethod | 1<<atOldHTTPMethod | 1<<atServer | 1<<atOldServer | 1<<atOldPeerIP | 1<<atOldHTTPHost | 1<<atPort |
	1<<atOldPort | 1<<atURLScheme | 1<<atOldURLScheme | 1<<atURLFull | 1<<atOldURLFull | 1<<atDBSystem | 1<<atOldDBSystem | 1<<atDBSummary |
	1<<atDBStatement | 1<<atOldDBStatement | 1<<atRPCSystem | 1<<atOldRPCSystem | 1<<atMessaging

func (p *peer) take(key Key, v Value) {
	switch key {
	case atHTTPMethod:
		p.method = v.text()
	case atOldHTTPMethod:
		if p.method == "" {
			p.method = v.text()
		}
	case atServer:
		p.server = v.text()
	case atOldServer:
		if p.server == "" {
			p.server = v.text()
		}
	case atOldPeerIP:
		p.ip = v.text()
	case atOldHTTPHost:
		p.host = v.text()
	case atPort:
		p.port = cmp.Or(v.number(), p.port)
	case atOldPort:
		if p.port == 0 {
			p.port = v.number()
		}
	case atURLScheme:
		p.scheme = v.text()
	case atOldURLScheme:
		if p.scheme == "" {
			p.scheme = v.text()
		}
	case atURLFull:
		p.url = v.text()
	case atOldURLFull:
		if p.url == "" {
			p.url = v.text()
		}
	case atDBSystem:
		p.system = v.text()
	case atOldDBSystem:
		if p.system == "" {
			p.system = v.text()
		}
	case atDBSummary:
		p.summary = v.text()
	case atDBStatement:
		p.statement = v.text()
	case atOldDBStatement:
		if p.statement == "" {
			p.statement = v.text()
		}
	case atRPCSystem:
		p.rpc = v.text()
	case atOldRPCSystem:
		if p.rpc == "" {
			p.rpc = v.text()
		}
	case atMessaging:
		p.messaging = v.text()
	}
}

// Dependency tells what a client or producer span called, in parts, so that a row that is known can be found without putting its
// name together:
//
//   - prefix is the method of an HTTP request, or the system that was called; "" where neither is known.
//   - name is the server of an HTTP request or the summary of a statement. Where it is "", the summary of statement is to stand
//     there, and where that is "", too, what [Category.NameOf] leaves of the span's name. The server is that of server.address, or else of http.host or of the URL.
//   - port is the server's, if it is neither the default of the scheme nor that of the database system; 80 and 443 are those of
//     RPC systems. It is that of server.port, or else the one after the address, or in a URL of the same server. Of other
//     categories, and of unix sockets, it is 0.
//
// The strings are as long as the span has them. Dependency allocates nothing; its results are not a struct for the reason that
// those of [Layouts.Scan] are not.
func Dependency(kind trace.SpanKind, attrs []attribute.KeyValue) (c Category, prefix, name, statement string, port uint16) {
	var p peer
	p.read(bounded(attrs))
	return p.dependency(kind)
}

func (p *peer) dependency(kind trace.SpanKind) (c Category, prefix, name, statement string, port uint16) {
	p.address()
	switch {
	case p.system != "" || p.statement != "":
		if p.port != 0 && !usualOfSystem(p.system, p.port) {
			port = p.shownPort()
		}
		return categoryDB, p.system, p.summary, p.statement, port
	case p.messaging != "":
		return categoryMessaging, p.messaging, "", "", 0
	case p.rpc != "":
		if p.port != 0 && !p.usualOfScheme() {
			port = p.shownPort()
		}
		return categoryRPC, p.rpc, "", "", port
	case kind == trace.SpanKindProducer:
		return categoryMessaging, "", "", "", 0
	case p.method == "" && p.url == "":
		return categoryOther, "", "", "", 0
	}
	if p.method == "" || p.server == "" {
		return categoryHTTP, "", "", "", 0
	}
	if p.port != 0 && !p.usualOfScheme() {
		port = p.shownPort()
	}
	return categoryHTTP, p.method, p.server, "", port
}

// NameOf is what of a client or producer span's name may stand in its row, "" if nothing may. Where the name is the text of a
// statement, that is in statement, and its summary is to stand there: a row has no path, no literal, and no destination that is one
// of many.
func (c Category) NameOf(span string, attrs []attribute.KeyValue) (name, statement string) {
	switch c {
	case categoryOther, categoryDB:
		if upkeep, _ := Upkeep(span); upkeep {
			return upkeepName, ""
		}
	}
	switch c {
	case categoryHTTP:
		if i := strings.IndexAny(span, "/?"); i >= 0 {
			span = strings.TrimSpace(span[:strings.LastIndexByte(span[:i], ' ')+1])
		}
	case categoryMessaging:
		return destinationName(span, attrs), ""
	case categoryDB:
		return textOrStatement(span)
	}
	return span, ""
}

// textOrStatement tells the name of a call, as in "SELECT users", from the text of a statement, as in "query SELECT * FROM users".
func textOrStatement(span string) (name, statement string) {
	word, rest, _ := strings.Cut(span, " ")
	statement = span
	if !isVerb(word) {
		if word, _, _ = strings.Cut(rest, " "); !isVerb(word) {
			return span, ""
		}
		statement = rest
	}
	if strings.Count(statement, " ") < 3 && !strings.ContainsAny(statement, "'\"=;?$*(\n") {
		return span, ""
	}
	return "", statement
}

func isVerb(word string) bool {
	for _, verb := range [...]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "REPLACE", "UPSERT", "CALL", "EXEC", "SET"} {
		if strings.EqualFold(word, verb) {
			return true
		}
	}
	return false
}

// DependencyEndpoint puts the parts of a dependency's name together: "GET inventory:8080", "postgresql SELECT users",
// "postgresql:6432 SELECT users", "grpc:50051 shop.Cart/Add". Its Route is at most 520 bytes long.
func DependencyEndpoint(c Category, prefix, name string, port uint16) Endpoint {
	prefix, name = Text(prefix, MaxNameBytes), Text(orUnnamed(name), MaxNameBytes)
	if port != 0 {
		digits := ":" + strconv.Itoa(int(port))
		if c != categoryHTTP {
			prefix += digits
		} else if strings.Contains(name, ":") && !strings.HasPrefix(name, "[") { // IPv6
			name = "[" + name + "]" + digits
		} else {
			name += digits
		}
	}
	if prefix != "" {
		name = prefix + " " + name
	}
	return Endpoint{KindDependency, c.String(), name}
}
