// SPDX-License-Identifier: Apache-2.0

package slowlog

import "strconv"

// Call says what a span called, as plain values: package conventions reads them from attributes, and whoever has no
// attributes fills in what is known. All of it may be empty. What is kept of it in a [Node] is bounded there.
type Call struct {
	// Category is what the time of the span counts as; "" is Own. Of the fields below, those of the category name the call, and all
	// are shown in the node's attributes.
	Category Category
	// Dependency is what the caller calls the other side in its own numbers. It is only passed on, as [Node.Dependency].
	Dependency string

	// Upkeep says that the span is no call but comes with some: rows being read, a connection made. Equal or not, such siblings that
	// did not fail are one node, which is not a finding for their number.
	Upkeep bool

	DBSystem     string // "postgresql", "redis", ...: also how a statement is read, see [QuerySummary]
	DBNamespace  string // name of the database
	DBOperation  string // "SELECT", "HGETALL"
	DBCollection string // table
	DBSummary    string // "SELECT users"; taken from operation and collection, or the statement, where it is ""
	DBStatement  string // as it was sent; it is shown without its literals unless [BuildOptions.QueryText] says otherwise
	DBStatus     string // code of the response

	ServerAddress string // name or address of the other side, or the path of a unix socket
	ServerPort    int    // 0: not known

	HTTPMethod  string // "GET"
	HTTPStatus  int    // 0: not known
	HTTPResends int    // how often the request was sent again
	URLTemplate string // "/items/{item}"
	URLFull     string // of it, scheme, host and path are shown, the latter with ids taken out

	RPCSystem  string // "grpc"
	RPCService string // "shop.Cart"; "" where RPCMethod has it
	RPCMethod  string // "shop.Cart/Get" or "Get"
	RPCStatus  string // code or its name

	MessagingSystem      string // "kafka"
	MessagingDestination string // topic or queue
	MessagingOperation   string // "publish"
	MessagingCount       int    // messages in the batch; 0: not known

	ErrorType string // what failed
}

// Names of the attributes of a node, as the semantic conventions have them
// (https://opentelemetry.io/docs/specs/semconv/).
const (
	attrServerPort     = "server.port"
	attrHTTPStatus     = "http.response.status_code"
	attrHTTPResends    = "http.request.resend_count"
	attrMessagingCount = "messaging.batch.message_count"
)

// attributes are the values by name, within their bounds. The url is left out: its path may hold ids and its query
// string anything, and what is safe of it is in a node's detail.
func (c *Call) attributes() map[string]string {
	var out map[string]string
	for _, a := range [...]struct {
		name, value string
		limit       int
	}{
		{"db.system.name", c.DBSystem, maxValue},
		{"db.namespace", c.DBNamespace, maxValue},
		{"db.operation.name", c.DBOperation, maxValue},
		{"db.collection.name", c.DBCollection, maxValue},
		{"db.query.summary", c.DBSummary, maxValue},
		{"db.query.text", c.DBStatement, maxStatement},
		{"db.response.status_code", c.DBStatus, maxValue},
		{"server.address", c.ServerAddress, maxValue},
		{attrServerPort, number(c.ServerPort), maxValue},
		{"http.request.method", c.HTTPMethod, maxValue},
		{attrHTTPStatus, number(c.HTTPStatus), maxValue},
		{attrHTTPResends, number(c.HTTPResends), maxValue},
		{"url.template", c.URLTemplate, maxValue},
		{"rpc.system", c.RPCSystem, maxValue},
		{"rpc.service", c.RPCService, maxValue},
		{"rpc.method", c.RPCMethod, maxValue},
		{"rpc.response.status_code", c.RPCStatus, maxValue},
		{"messaging.system", c.MessagingSystem, maxValue},
		{"messaging.destination.name", c.MessagingDestination, maxValue},
		{"messaging.operation.name", c.MessagingOperation, maxValue},
		{attrMessagingCount, number(c.MessagingCount), maxValue},
		{"error.type", c.ErrorType, maxValue},
	} {
		if a.value == "" || len(out) == maxAttributes {
			continue
		}
		if out == nil {
			out = make(map[string]string, 8)
		}
		out[a.name] = own(a.value, a.limit)
	}
	return out
}

// number is a number as text, "" for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// peer is the other side, with its port if that is known.
func (c *Call) peer() string {
	if c.ServerAddress == "" || c.ServerPort == 0 || c.ServerAddress[0] == '/' {
		return c.ServerAddress
	}
	return c.ServerAddress + ":" + strconv.Itoa(c.ServerPort)
}
