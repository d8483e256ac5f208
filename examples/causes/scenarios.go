// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// scenario is a fault in one of its shapes, and the truth about it.
type scenario struct {
	fault, shape string
	faults       faults
	load         order // what becomes different
	truth        []truth
}

func (s *scenario) String() string { return s.fault + "/" + s.shape }

// truth is what the first cause of an endpoint must say.
type truth struct {
	endpoint string
	states   []causes.State
	line     string // function of the endpoint's own code; "" where there is none to be named
	who      string // "goroutine f" without f's package
	what     causes.State
	where    string  // function in which that one did it
	times    float64 // a request, at least
}

const ms = time.Millisecond

// one is the usual truth: of one endpoint.
func one(endpoint string, state causes.State, line, who string, what causes.State, where string) []truth {
	return []truth{{endpoint: endpoint, states: []causes.State{state}, line: line, who: who, what: what, where: where}}
}

// itself is where the request's own goroutine is in a state, and nobody held it.
func itself(endpoint string, state causes.State, line string, what causes.State) []truth {
	return one(endpoint, state, line, causes.Itself, what, line)
}

// cpu is where what is told has no line.
func cpu(endpoint string, state causes.State, who string) []truth {
	return one(endpoint, state, "", who, state, "")
}

func often(t []truth, times float64) []truth {
	t[0].times = times
	return t
}

const liveObjects = 1_000_000

var scenarios = []scenario{
	{"none", "quiet", faults{}, order{}, nil},
	{"none", "busier", faults{}, order{Times: 1.5}, nil},

	{"lock", "endpoint", faults{report: 200 * ms}, order{},
		one("GET /cart", causes.Lock, "lockCart", "GET /report", causes.Sleep, "sumUp")},
	{"lock", "goroutine", faults{reindex: 250 * ms}, order{},
		one("GET /cart", causes.Lock, "lockCart", "goroutine rebuildIndex", causes.Sleep, "rebuildIndex")},
	{"lock", "share", faults{report: 250 * ms, reportCalls: true, share: 0.3}, order{},
		one("GET /cart", causes.Lock, "lockCart", "GET /report", causes.NetworkRead, "callInventory")},
	{"lock", "convoy", faults{cartHolds: 30 * ms}, order{},
		one("GET /cart", causes.Lock, "lockCart", "GET /cart", causes.Sleep, "lockCart")},

	{"rwmutex", "reader", faults{export: 250 * ms}, order{},
		one("GET /products", causes.RWLock, "readCatalogue", "GET /export", causes.NetworkRead, "callInventory")},
	{"rwmutex", "writer", faults{prices: 250 * ms}, order{},
		one("GET /products", causes.RWLock, "readCatalogue", "POST /prices", causes.Sleep, "changePrices")},

	{"pool", "query", faults{statsQuery: 250 * ms}, order{},
		one("GET /cart", causes.DBConnection, "queryCart", "GET /stats", causes.DBReply, "queryStats")},
	{"pool", "transaction", faults{transaction: 250 * ms}, order{},
		one("GET /cart", causes.DBConnection, "queryCart", "GET /stats", causes.NetworkRead, "callInventory")},
	{"pool", "itself", faults{cartQuery: 62 * ms}, order{},
		one("GET /cart", causes.DBConnection, "queryCart", "GET /cart", causes.DBReply, "queryCart")},

	{"backpressure", "sleep", faults{mail: 75 * ms}, order{},
		one("POST /orders", causes.ChanSend, "enqueueMail", "goroutine mailer", causes.Sleep, "sendMail")},
	{"backpressure", "dependency", faults{mail: 75 * ms, mailByInventory: true}, order{},
		one("POST /orders", causes.ChanSend, "enqueueMail", "goroutine mailer", causes.NetworkRead, "callInventory")},
	{"backpressure", "consumer", faults{mail: 75 * ms, mailSpans: true}, order{},
		one("POST /orders", causes.ChanSend, "enqueueMail", "consumer send mail", causes.Sleep, "sendMail")},
	{"backpressure", "reply", faults{booking: 62 * ms}, order{},
		one("POST /orders", causes.ChanSend, "book", "goroutine ledger", causes.Sleep, "ledger")},

	{"semaphore", "channel", faults{print: 250 * ms}, order{},
		one("GET /labels", causes.ChanSend, "acquirePrinter", "POST /batch", causes.NetworkRead, "callInventory")},
	{"semaphore", "weighted", faults{scan: 250 * ms}, order{},
		one("GET /labels", causes.Semaphore, "acquireScanner", "POST /batch", causes.Sleep, "scanPages")},

	{"hog", "goroutine", faults{hogs: 8}, order{}, cpu("GET /search", causes.Runnable, "goroutine crunchNumbers")},
	{"hog", "endpoint", faults{render: 300 * ms}, order{}, cpu("GET /search", causes.Runnable, "POST /render")},

	{"gc", "percent", faults{live: liveObjects, gcPercent: 3, allocate: 16 << 10}, order{}, cpu("GET /search", causes.GC, "")},
	{"gc", "limit", faults{live: liveObjects, spare: 4 << 20, allocate: 16 << 10}, order{}, cpu("GET /search", causes.GC, "")},

	{"quota", "cgroup", faults{quota: 12}, order{}, cpu("GET /search", causes.NotScheduled, "")},
	{"quota", "procs", faults{procs: 1}, order{Endpoint: "GET /search", Times: 14}, cpu("GET /search", causes.Runnable, "GET /search")},

	{"dependency", "slow", faults{inventory: 150 * ms}, order{},
		itself("GET /products", causes.HTTPReply, "callInventory", causes.NetworkRead)},
	{"dependency", "share", faults{inventory: 200 * ms, share: 0.3}, order{},
		itself("GET /products", causes.HTTPReply, "callInventory", causes.NetworkRead)},
	{"dependency", "parallel", faults{inventory: 150 * ms, parallel: true}, order{},
		one("GET /products", causes.WaitGroup, "gather", causes.Itself, causes.NetworkRead, "callInventory")},
	{"dependency", "database", faults{cartQuery: 150 * ms, connections: 50}, order{},
		itself("GET /cart", causes.DBReply, "queryCart", causes.DBReply)},

	{"n+1", "http", faults{inventory: 3 * ms, inventoryCalls: 40}, order{},
		often(itself("GET /products", causes.HTTPReply, "callInventory", causes.NetworkRead), 10)},
	{"n+1", "sql", faults{cartQueries: 40, connections: 50}, order{},
		often(itself("GET /cart", causes.DBReply, "queryCart", causes.DBReply), 10)},

	{"client", "all", faults{}, order{Slow: 1}, append(
		itself("GET /download", causes.NetworkWrite, "sendFile", causes.NetworkWrite),
		itself("POST /upload", causes.NetworkRead, "receiveFile", causes.NetworkRead)...)},
	{"client", "share", faults{}, order{Slow: 0.4}, append(
		itself("GET /download", causes.NetworkWrite, "sendFile", causes.NetworkWrite),
		itself("POST /upload", causes.NetworkRead, "receiveFile", causes.NetworkRead)...)},

	{"sleep", "all", faults{backOff: 150 * ms}, order{}, itself("POST /orders", causes.Sleep, "backOff", causes.Sleep)},
	{"sleep", "share", faults{backOff: 200 * ms, share: 0.3}, order{}, itself("POST /orders", causes.Sleep, "backOff", causes.Sleep)},
	{"sleep", "timer", faults{poll: 150 * ms}, order{}, itself("POST /orders", causes.Select, "pollPayment", causes.Timer)},
	{"sleep", "limiter", faults{orders: 12}, order{}, itself("POST /orders", causes.RateLimit, "takeToken", causes.Timer)},
}

func scenarioNamed(name string) *scenario {
	for i := range scenarios {
		if scenarios[i].String() == name {
			return &scenarios[i]
		}
	}
	panic("causes: no scenario " + name)
}
