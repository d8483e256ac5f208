// SPDX-License-Identifier: Apache-2.0

// Package slowlog stores the slow and the failed requests of a process, and explains where their time went.
//
// A [Store] is a bounded log of [Entry] values. An entry is one request: which endpoint, when, how long, how it
// ended (its [Outcome]), and why it is stored:
//
//	log, err := slowlog.New()
//	...
//	log.Add(&slowlog.Entry{Method: "GET", Route: "/checkout", Start: start, Duration: d, Reason: slowlog.ReasonThreshold})
//	for e := range log.Slowest("GET", "/checkout", 3) {
//		slowlog.Render(os.Stdout, e, 100)
//	}
//
// The package knows neither HTTP nor an SDK: its input is plain values, its output iterators, JSON, text and
// OTLP/JSON. A batch job can use it as well as a server.
//
// # Anatomy
//
// [Build] turns the ended child spans of one request, each a [Span] with the [Call] it made, into a tree, the
// [Anatomy]: for every call its own time (overlap of parallel calls counted once), the critical path, repeated calls
// folded into one line with their count, and calls that outlived the request marked late. Statements are shown
// without their literals, and ids in the paths of outgoing calls as {id}. Its findings are sentences such as "87
// calls of SELECT users took 412 of 601 ms". [Usual] learns from ordinary requests what is normal for an endpoint, so
// that a finding can say what is different.
//
// [Render] draws an entry as a tree with bars, [OTLP] writes it for trace viewers.
//
// # Bounds
//
// Four bounds hold at the same time, see [Limits]: the most recent slow requests (100), the slowest within an hour
// (10) of each of 500 endpoints, the most recent failed ones (100), and the estimated bytes of all of them (32 MiB).
// An entry in several sets is one entry: it is stored, listed and charged once.
//
// # Concurrency
//
// All exported methods of Store and Usual are safe for concurrent use. Entries and anatomies that were given to a
// Store, or came out of it, are shared and must not be changed.
package slowlog
