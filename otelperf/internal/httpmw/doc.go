// SPDX-License-Identifier: Apache-2.0

// Package httpmw is the HTTP middleware of otelperf. It times requests, tells what
// became of them where a status code cannot, writes the request line, and gives
// otelhttp's span and metric the route that they lost.
//
// It may stand in one place or in several, in any of them:
//
//	otelhttp.NewHandler(mw(mux), "shop")     // next to the mux: does everything
//	mw(otelhttp.NewHandler(mux, "shop"))     // outside: headers, request line, outcomes (see Spans)
//	mw(otelhttp.NewHandler(x(mw(mux)), "s")) // both: whatever x does to the request
//
// The outermost instance owns the request: it wraps the ResponseWriter, puts an
// exchange into the context, logs and reports. Instances below find that exchange
// and only learn the route and repair span and metric. Instances belong together
// when they come from the same call of [New].
//
// # Route
//
// The route is the pattern that the request was matched by, without method and host.
// The instance nearest to the handler knows best, since whoever replaces the request
// (http.Request.WithContext, http.StripPrefix) hides the pattern from those above.
// Below a StripPrefix the stripped part is put back from the pattern of the outer
// mux, never from path segments that a wildcard matched: those show as {...}. What is
// found is handed up in Request.Pattern, so that otelhttp names span and metric from it:
// a mux between otelhttp and the outermost instance would get its own pattern in there.
// Below an http.TimeoutHandler the mux is asked for the pattern in advance.
// A mux behind StripPrefix needs an instance of its own (StripPrefix(p, mw(mux))),
// as there is no other way to see its match.
//
// # Canceled
//
// A request is canceled when its client left before the reply was complete. The
// context has to be canceled when the handler returns, by net/http itself: a cause of
// somebody else's, such as a signal context used as BaseContext, is not the client.
// The reply is complete when it was begun in time and all bytes of its declared
// Content-Length were accepted, or when it has no body. A reply of unknown length ends
// with the return of the handler, so it cannot be complete before that. A client
// that half-closes its connection looks to net/http like one that left.
//
// Of errors of writes only those count that tell of the client: a broken or reset connection or stream. A reply that the deadline of writes
// broke off is aborted, if its status is no failure. All others, as of a writer in between, leave it to the status. For HEAD none counts.
//
// # Streams and calls
//
// What a reply is by its Content-Type, and whether it is one of several messages, is known when it is begun and as its frames
// go by; a gRPC status is read when the handler has returned. A call that failed is a failure, though it was a stream, unless its
// client left.
//
// # Status
//
// The status of a request is the one that its client got. A code that net/http panics at, and over HTTP/2 a 101, is none; otelhttp's span
// has the first that it heard of, even so, and gets the outcome of the reply beside it.
//
// # ResponseWriter
//
// The one that handlers get has Flusher, CloseNotifier, Hijacker, ReaderFrom and Pusher if the one below itself has them; WriteString
// and, for http.ResponseController, FlushError always. What the one below only unwraps to, and deadlines and full duplex, are found by
// http.ResponseController.
//
// # Cost
//
// A request takes one allocation, of 768 bytes: inside otelhttp, outside of it or without it, around a mux, below it, or around any handler. Where
// something is between otelhttp and us (a mux, a handler that has copied the request, an instance), or the processor is none of amd64 and arm64,
// the route of the metric goes through otelhttp's Labeler: two more, of 320 bytes in all. Outside of otelhttp, what it makes of our
// writer is up to two more, of 144 bytes in all, where the one below us has no WriteString or FlushError, which net/http's have.
//
// A request that a handler serves inside the one it got, through an instance that has that one already, is part of it.
//
// All exported functions, and the handlers they give, are safe for concurrent use.
package httpmw
