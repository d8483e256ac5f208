// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// scenario is a fault in one of its shapes, and the truth about it.
type scenario struct {
	fault, shape string
	faults       faults
	load         order // what becomes different
	truth        []truth
	// roots are what a spike may say as well: why another endpoint is slow, which is slow for the same reason.
	roots []truth
}

func (s *scenario) String() string { return s.fault + "/" + s.shape }

const liveObjects = 1_000_000

var scenarios = []scenario{
	{fault: "none", shape: "quiet"},
	{fault: "none", shape: "busier", load: order{Times: 1.5}},

	{
		fault: "lock", shape: "endpoint", faults: faults{report: 200 * ms},
		truth: is(held("GET /cart", causes.Lock, "lockCart", "GET /report", causes.Sleep, "sumUp")),
		roots: is(itself("GET /report", causes.Sleep, "sumUp"), held("GET /report", causes.Lock, "getReport", "GET /report", causes.Sleep, "sumUp")),
	}, {
		fault: "lock", shape: "goroutine", faults: faults{reindex: 250 * ms},
		truth: is(held("GET /cart", causes.Lock, "lockCart", "goroutine rebuildIndex", causes.Sleep, "rebuildIndex")),
	}, {
		fault: "lock", shape: "share", faults: faults{report: 250 * ms, reportCalls: true, share: 0.3},
		truth: is(held("GET /cart", causes.Lock, "lockCart", "GET /report", causes.NetworkRead, "callInventory")),
		roots: is(called("GET /report"), held("GET /report", causes.Lock, "getReport", "GET /report", causes.NetworkRead, "callInventory")),
	}, {
		fault: "lock", shape: "convoy", faults: faults{cartHolds: 30 * ms},
		truth: is(held("GET /cart", causes.Lock, "lockCart", "GET /cart", causes.Sleep, "lockCart")),
		roots: is(itself("GET /cart", causes.Sleep, "lockCart")),
	},

	{
		fault: "rwmutex", shape: "reader", faults: faults{export: 250 * ms},
		truth: is(held("GET /products", causes.RWLock, "readCatalogue", "GET /export", causes.NetworkRead, "callInventory")),
		roots: is(called("GET /export"), held("GET /export", causes.RWLock, "getExport", "GET /export", causes.NetworkRead, "callInventory"),
			held("POST /prices", causes.RWLock, "postPrices", "GET /export", causes.NetworkRead, "callInventory")),
	}, {
		fault: "rwmutex", shape: "writer", faults: faults{prices: 250 * ms},
		truth: is(held("GET /products", causes.RWLock, "readCatalogue", "POST /prices", causes.Sleep, "changePrices")),
		roots: is(itself("POST /prices", causes.Sleep, "changePrices"),
			held("POST /prices", causes.RWLock, "postPrices", "POST /prices", causes.Sleep, "changePrices"),
			held("GET /export", causes.RWLock, "getExport", "POST /prices", causes.Sleep, "changePrices")),
	},

	{
		fault: "pool", shape: "query", faults: faults{statsQuery: 250 * ms},
		truth: is(pool("GET /cart", "queryCart", "GET /stats", causes.DBReply, "queryStats")),
		roots: is(queried("GET /stats", "queryStats"), pool("GET /stats", "queryStats", "GET /stats", causes.DBReply, "queryStats")),
	}, {
		fault: "pool", shape: "transaction", faults: faults{transaction: 250 * ms},
		truth: is(pool("GET /cart", "queryCart", "GET /stats", causes.NetworkRead, "callInventory")),
		roots: is(called("GET /stats"), pool("GET /stats", "getStats", "GET /stats", causes.NetworkRead, "callInventory")),
	}, {
		fault: "pool", shape: "itself", faults: faults{cartQuery: 62 * ms},
		truth: is(pool("GET /cart", "queryCart", "GET /cart", causes.DBReply, "queryCart")),
		roots: is(queried("GET /cart", "queryCart"), pool("GET /stats", "queryStats", "GET /cart", causes.DBReply, "queryCart")),
	},

	{
		fault: "backpressure", shape: "sleep", faults: faults{mail: 75 * ms},
		truth: is(held("POST /orders", causes.ChanSend, "enqueueMail", "goroutine mailer", causes.Sleep, "sendMail")),
	}, {
		fault: "backpressure", shape: "dependency", faults: faults{mail: 75 * ms, mailByInventory: true},
		truth: is(held("POST /orders", causes.ChanSend, "enqueueMail", "goroutine mailer", causes.NetworkRead, "callInventory")),
	}, {
		fault: "backpressure", shape: "consumer", faults: faults{mail: 75 * ms, mailSpans: true},
		truth: is(held("POST /orders", causes.ChanSend, "enqueueMail", "consumer send mail", causes.Sleep, "sendMail")),
		roots: is(itself("consumer send mail", causes.Sleep, "sendMail")),
	}, {
		fault: "backpressure", shape: "reply", faults: faults{booking: 62 * ms},
		truth: is(held("POST /orders", causes.ChanSend, "book", "goroutine ledger", causes.Sleep, "ledger")),
		roots: is(held("POST /orders", causes.ChanReceive, "awaitBooking", "goroutine ledger", causes.Sleep, "ledger")),
	},

	{
		fault: "semaphore", shape: "channel", faults: faults{print: 250 * ms},
		truth: is(held("GET /labels", causes.ChanSend, "acquirePrinter", "POST /batch", causes.NetworkRead, "callInventory")),
		roots: is(called("POST /batch"), held("POST /batch", causes.ChanSend, "acquirePrinter", "POST /batch", causes.NetworkRead, "callInventory")),
	}, {
		fault: "semaphore", shape: "weighted", faults: faults{scan: 250 * ms},
		truth: is(held("GET /labels", causes.Semaphore, "acquireScanner", "POST /batch", causes.Sleep, "scanPages")),
		roots: is(itself("POST /batch", causes.Sleep, "scanPages"), held("POST /batch", causes.Semaphore, "acquireScanner", "POST /batch", causes.Sleep, "scanPages")),
	},

	{
		fault: "hog", shape: "goroutine", faults: faults{hogs: 8},
		truth: is(cpu("GET /search", causes.Runnable, "goroutine crunchNumbers")),
		roots: is(cpu("", causes.Runnable, "goroutine crunchNumbers")),
	}, {
		fault: "hog", shape: "endpoint", faults: faults{render: 300 * ms},
		truth: is(cpu("GET /search", causes.Runnable, "POST /render")),
		roots: is(cpu("", causes.Runnable, "POST /render"), cpu("GET /search", causes.Runnable, "handler postRender"),
			cpu("", causes.Runnable, "handler postRender"), // where none of its requests ended in the recording
			itself("POST /render", causes.Running, "burn").or("running main.burn", "running main.renderPages")),
	},

	{
		fault: "gc", shape: "percent", faults: faults{live: liveObjects, gcPercent: 3, allocate: 16 << 10},
		truth: is(cpu("GET /search", causes.GC, "")), roots: is(cpu("", causes.GC, "").or("garbage collection")),
	}, {
		fault: "gc", shape: "limit", faults: faults{live: liveObjects, spare: 4 << 20, allocate: 16 << 10},
		truth: is(cpu("GET /search", causes.GC, "")), roots: is(cpu("", causes.GC, "").or("garbage collection")),
	},

	{
		fault: "quota", shape: "cgroup", faults: faults{quota: 12},
		truth: is(cpu("GET /search", causes.NotScheduled, "")), roots: is(cpu("", causes.NotScheduled, "").or("CPU quota")),
	}, {
		fault: "quota", shape: "procs", faults: faults{procs: 1}, load: order{Endpoint: "GET /search", Times: 14},
		truth: is(cpu("GET /search", causes.Runnable, "GET /search")), roots: is(cpu("", causes.Runnable, "GET /search")),
	},

	{fault: "dependency", shape: "slow", faults: faults{inventory: 150 * ms}, truth: is(called("GET /products"))},
	{fault: "dependency", shape: "share", faults: faults{inventory: 200 * ms, share: 0.3}, truth: is(called("GET /products"))},
	{
		fault: "dependency", shape: "parallel", faults: faults{inventory: 150 * ms, parallel: true},
		truth: is(held("GET /products", causes.WaitGroup, "gather", causes.Itself, causes.NetworkRead, "callInventory").or(ofInventory)),
	},
	{fault: "dependency", shape: "database", faults: faults{cartQuery: 150 * ms, connections: 50}, truth: is(queried("GET /cart", "queryCart"))},

	{fault: "n+1", shape: "http", faults: faults{inventory: 3 * ms, inventoryCalls: 40}, truth: is(called("GET /products").often(10))},
	{fault: "n+1", shape: "sql", faults: faults{cartQueries: 40, connections: 50}, truth: is(queried("GET /cart", "queryCart").often(10))},

	{fault: "client", shape: "download", load: order{Slow: 1, Endpoint: "GET /download"}, truth: is(itself("GET /download", causes.NetworkWrite, "sendFile"))},
	{fault: "client", shape: "share", load: order{Slow: 0.4, Endpoint: "GET /download"}, truth: is(itself("GET /download", causes.NetworkWrite, "sendFile"))},
	{fault: "client", shape: "upload", load: order{Slow: 1, Endpoint: "POST /upload"}, truth: is(itself("POST /upload", causes.NetworkRead, "receiveFile"))},

	{fault: "sleep", shape: "all", faults: faults{backOff: 150 * ms}, truth: is(itself("POST /orders", causes.Sleep, "backOff"))},
	{fault: "sleep", shape: "share", faults: faults{backOff: 200 * ms, share: 0.3}, truth: is(itself("POST /orders", causes.Sleep, "backOff"))},
	{
		fault: "sleep", shape: "timer", faults: faults{poll: 150 * ms},
		truth: is(held("POST /orders", causes.Select, "pollPayment", causes.Itself, causes.Timer, "pollPayment")),
	}, {
		fault: "sleep", shape: "limiter", faults: faults{orders: 12},
		truth: is(held("POST /orders", causes.RateLimit, "takeToken", causes.Itself, causes.Timer, "takeToken")),
	},
}

func scenarioNamed(name string) (*scenario, error) {
	for i := range scenarios {
		if scenarios[i].String() == name {
			return &scenarios[i], nil
		}
	}
	return nil, fmt.Errorf("there is no fault %q", name)
}
