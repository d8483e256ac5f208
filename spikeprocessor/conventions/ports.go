// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"cmp"
	"strings"
)

// maxAuthority is how much of a URL is looked at for its server.
const maxAuthority = 512

// address finds server and port where the attributes of their own do not say them.
func (p *peer) address() {
	p.server = cmp.Or(p.server, p.ip, p.host)
	if p.port != 0 && p.server != "" { // a URL would say nothing more, as mostly
		p.server, _ = splitPort(p.server)
		return
	}
	host, port := "", 0
	if p.url != "" {
		host, port = splitPort(authority(p.url))
	}
	if p.server == "" {
		p.server = host
	} else {
		var own int
		if p.server, own = splitPort(p.server); own != 0 || !strings.EqualFold(p.server, host) {
			port = own
		}
	}
	if p.port == 0 {
		p.port = port
	}
}

// authority returns host and port of a URL; "" if it has none.
func authority(url string) string {
	url = cut(url, maxAuthority)
	_, rest, _ := strings.Cut(url, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// splitPort takes the port from the end of an address, 0 if it has none, and the brackets from one of IPv6.
func splitPort(address string) (host string, port int) {
	host = address
	if strings.IndexByte(address, ':') < 0 && !strings.HasPrefix(address, "[") || isSocket(address) {
		return address, 0
	}
	if i := strings.LastIndexByte(address, ':'); i >= 0 && (strings.IndexByte(address, ':') == i || i > 0 && address[i-1] == ']') {
		if port = digits(address[i+1:]); port != 0 || i == len(address)-1 {
			host = address[:i]
		}
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	return host, port
}

// isSocket reports whether an address is that of a unix socket, in the file system or abstract.
func isSocket(address string) bool {
	return address != "" && (address[0] == '/' || address[0] == '@')
}

// shownPort is the port if it is one; that of a unix socket is none.
func (p *peer) shownPort() uint16 {
	if p.port < 1 || p.port > 65535 || isSocket(p.server) {
		return 0
	}
	return uint16(p.port)
}

// usualOfScheme reports whether the port is the default of the scheme; of either, where that is not known.
func (p *peer) usualOfScheme() bool {
	if p.port != 80 && p.port != 443 {
		return false
	}
	secure, plain := strings.EqualFold(p.scheme, "https"), strings.EqualFold(p.scheme, "http")
	if !secure && !plain {
		scheme, _, _ := strings.Cut(cut(p.url, len("https:")), ":")
		secure, plain = strings.EqualFold(scheme, "https"), strings.EqualFold(scheme, "http")
	}
	return p.port == 443 && !plain || p.port == 80 && !secure
}

// usualOfSystem reports whether a database system, by a present or an older name, listens on a port by itself. Of systems that are
// not known nothing can be said: any port is as usual as another.
func usualOfSystem(system string, port int) bool {
	switch system {
	case "postgresql", "postgres":
		return port == 5432
	case "mysql", "mariadb":
		return port == 3306
	case "redis", "valkey", "keydb", "dragonfly":
		return port == 6379
	case "mongodb":
		return port == 27017
	case "microsoft.sql_server", "mssql":
		return port == 1433
	case "oracle.db", "oracle":
		return port == 1521 || port == 2484
	case "elasticsearch", "opensearch":
		return port == 9200 || port == 443
	case "cassandra", "scylladb":
		return port == 9042
	case "memcached":
		return port == 11211
	case "aws.elasticache":
		return port == 6379 || port == 11211
	case "clickhouse":
		return port == 9000 || port == 9440 || port == 8123 || port == 8443
	case "cockroachdb":
		return port == 26257
	case "aws.redshift", "redshift":
		return port == 5439
	case "ibm.db2", "db2":
		return port == 50000
	case "trino":
		return port == 8080 || port == 443 || port == 8443
	case "couchbase":
		return port == 11210 || port == 11207 || port == 8091
	case "couchdb":
		return port == 5984
	case "neo4j":
		return port == 7687 || port == 7474
	case "influxdb":
		return port == 8086
	case "hazelcast":
		return port == 5701
	case "etcd":
		return port == 2379
	case "aws.dynamodb", "dynamodb", "azure.cosmosdb", "cosmosdb", "gcp.spanner", "spanner", "snowflake":
		return port == 443
	default:
		return true
	}
}
