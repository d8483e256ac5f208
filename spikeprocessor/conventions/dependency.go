// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Category is what sort of thing a dependency is.
type Category uint8

const (
	// CategoryOther is a client span of which no more is known.
	CategoryOther Category = iota
	// CategoryHTTP is an HTTP server.
	CategoryHTTP
	// CategoryDB is a database or a cache.
	CategoryDB
	// CategoryRPC is a gRPC or other RPC server.
	CategoryRPC
	// CategoryMessaging is a message broker.
	CategoryMessaging

	// NumCategories is the number of categories.
	NumCategories = iota
)

var categoryNames = [NumCategories]string{"client", "http", "db", "rpc", "messaging"}

// String returns the category in lower case, "client" for others; it is the Method of the dependency's Endpoint.
func (c Category) String() string {
	if c >= NumCategories {
		return categoryNames[CategoryOther]
	}
	return categoryNames[c]
}

// Bounds of the parts of a dependency's name, so that the whole of it is within MaxNameBytes.
const (
	maxDependencyPrefix = 64
	maxDependencyName   = MaxNameBytes - maxDependencyPrefix - len(": 65535")
)

// Dependency is what a client or producer span called, in parts, so that a row that is known can be found without putting
// its name together.
type Dependency struct {
	Category Category // what sort of thing was called
	// Prefix is the method of an HTTP request, or the system that was called; "" where neither is known. At most 64 bytes.
	Prefix string
	// Name is the server of an HTTP request, the summary of a statement, or the span's name. At most 185 bytes.
	Name string
	// Port is the server's if it is neither the default of the scheme nor that of the database system; else 0. Of other categories, and
	// of unix sockets, it is 0.
	Port uint16
}

// Endpoint returns the row of the dependency: "GET inventory:8080", "postgresql SELECT users", "postgresql:6432 SELECT users".
func (d *Dependency) Endpoint() Endpoint {
	prefix, name := Text(d.Prefix, maxDependencyPrefix), Text(d.Name, maxDependencyName)
	if d.Port != 0 {
		port := ":" + strconv.Itoa(int(d.Port))
		if d.Category == CategoryHTTP {
			if strings.Contains(name, ":") && !strings.HasPrefix(name, "[") { // IPv6
				name = "[" + name + "]"
			}
			name += port
		} else {
			prefix += port
		}
	}
	if prefix != "" {
		name = prefix + " " + name
	}
	return Endpoint{KindDependency, d.Category.String(), name}
}

// Dependency names what a client or producer span called. Where it carries a statement without a summary, summarize is asked
// for one; it may be nil, and return "" for none. Else Dependency allocates nothing.
func (s *Span) Dependency(summarize func(statement, system string) string) (d Dependency) {
	var f fields
	f.read(s.Attributes)
	switch d.Name = s.named(); categorize(s.Kind, &f) {
	case slowlog.DB, slowlog.Cache:
		d.Category, d.Prefix = CategoryDB, f.text(dbSystem)
		d.Port = otherPort(portOf(&f), databasePorts[d.Prefix])
		summary := f.text(dbSummary)
		if text := f.text(dbText); summary == "" && text != "" && summarize != nil {
			summary = summarize(text, d.Prefix)
		}
		if summary != "" {
			d.Name = summary
		}
	case slowlog.RPC:
		d.Category, d.Prefix = CategoryRPC, f.text(rpcSystem)
	case slowlog.Messaging:
		d.Category, d.Prefix = CategoryMessaging, f.text(messagingSystem)
	case slowlog.HTTP:
		d.Category = CategoryHTTP
		d.http(&f)
	default:
		if s.Kind == trace.SpanKindProducer {
			d.Category = CategoryMessaging
		}
	}
	d.Prefix, d.Name = cut(d.Prefix, maxDependencyPrefix), cut(d.Name, maxDependencyName)
	return d
}

// http names the server if it and the method are known.
func (d *Dependency) http(f *fields) {
	method, server := f.text(httpMethod), f.text(serverAddress)
	if server == "" {
		server = f.text(httpHost)
	}
	if method != "" && server != "" {
		d.Prefix, d.Name, d.Port = method, server, otherPort(portOf(f), schemePorts(f))
	}
}

// portOf is the port of the server; 0 if it has none.
func portOf(f *fields) uint16 {
	port := f.number(serverPort)
	if port < 1 || port > 65535 || strings.HasPrefix(f.text(serverAddress), "/") {
		return 0
	}
	return uint16(port)
}

// ports are those that need not be named: the ones that a system listens on by itself.
type ports [4]uint16

// otherPort returns a port unless it is one of the usual ones. Where none is known to be usual, nothing can be said.
func otherPort(port uint16, usual ports) uint16 {
	if usual == (ports{}) {
		return 0
	}
	for _, u := range usual {
		if port == u {
			return 0
		}
	}
	return port
}

// schemePorts are the ports of an HTTP request's scheme; of both, where that is not known.
func schemePorts(f *fields) ports {
	scheme, url := f.text(urlScheme), f.text(urlFull)
	switch {
	case scheme == "https" || scheme == "" && strings.HasPrefix(url, "https:"):
		return ports{443}
	case scheme == "http" || scheme == "" && strings.HasPrefix(url, "http:"):
		return ports{80}
	default:
		return ports{80, 443}
	}
}

// databasePorts are the ports of database systems, by present and older names of theirs.
var databasePorts = map[string]ports{
	"postgresql": {5432}, "postgres": {5432}, "mysql": {3306}, "mariadb": {3306}, "tidb": {4000},
	"cockroachdb": {26257}, "yugabytedb": {5433}, "redshift": {5439}, "aws.redshift": {5439}, "vertica": {5433},
	"mssql": {1433}, "microsoft.sql_server": {1433}, "oracle": {1521, 2484}, "oracle.db": {1521, 2484},
	"db2": {50000}, "ibm.db2": {50000}, "clickhouse": {9000, 9440, 8123, 8443}, "snowflake": {443}, "trino": {8080, 443, 8443},
	"hive": {10000}, "sap.hana": {30015, 443}, "hanadb": {30015, 443}, "firebirdsql": {3050}, "teradata": {1025},
	"redis": {6379}, "valkey": {6379}, "keydb": {6379}, "dragonfly": {6379}, "aws.elasticache": {6379, 11211},
	"memcached": {11211}, "hazelcast": {5701}, "mongodb": {27017}, "cassandra": {9042}, "couchbase": {11210, 11207, 8091},
	"couchdb": {5984}, "elasticsearch": {9200, 443}, "opensearch": {9200, 443}, "neo4j": {7687, 7474}, "influxdb": {8086},
	"arangodb": {8529}, "etcd": {2379}, "dynamodb": {443}, "aws.dynamodb": {443}, "cosmosdb": {443}, "azure.cosmosdb": {443},
	"spanner": {443}, "gcp.spanner": {443}, "hbase": {16000, 16020}, "ydb": {2135, 2136}, "scylladb": {9042},
}
