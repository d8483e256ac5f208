// SPDX-License-Identifier: Apache-2.0

// Package events records what users do, beside how fast it was: analytics events that leave the process
// as OpenTelemetry log events, with their trace context, and are countable in the process at once.
//
//	tracker, err := events.New(events.WithLoggerProvider(lp)) // without the option: the global provider
//	defer tracker.Shutdown(ctx)
//	err = tracker.Track(ctx, events.Event{
//		Name:       "cart.item_added",
//		SessionID:  session,
//		Properties: []attribute.KeyValue{attribute.Int("cart.items", 3)},
//	})
//	mux.Handle("/t/", http.StripPrefix("/t", events.NewHandler(tracker, events.HandlerOptions{})))
//
// and in the page: <script src="/t/track.js" data-page="/users/{id}" defer></script>
//
// All exported methods are safe for concurrent use. The package needs nothing else of this module.
//
// # What becomes of an event
//
// Each event that is handed in ends as exactly one of four, and [Stats] counts them:
//
//   - accepted: valid and sampled in. It is in Recent and on the queue to the log pipeline.
//   - sampled_out: valid, counted by name, minute and session, but not emitted.
//   - refused: not valid, or not permitted; the [Reason] says why. Nothing of it is kept.
//   - dropped: valid, but its id was seen before, its client was over its rate, the queue was full,
//     or the Tracker had been shut down.
//
// One goroutine takes accepted events from the queue and emits them, so a slow log processor never
// holds up a request. What is accepted ends as emitted, disabled (the provider has no use for it) or
// lost (the processor panicked, or Shutdown ran out of time), and is queued until then.
//
// What is emitted is the log provider's, and ends as delivered, failed (its export failed) or missing (it never came to
// the exporter). A batch processor does not keep what it could not export, and says so to nobody: watch the exporter
// ([Watch], [WithDeliveries]), and Stats and Flush know. Whoever sends a whole request in vain, since its client is over
// its rate, gets 429: the events in it are not read and not in Stats, only the request is.
//
// # Sampling
//
// Sampling is consistent: the decision is a function of the session id, for events without one of the trace
// id, and only without both by chance. So at one rate a session is wholly in or wholly out, in every
// process that sees it, and what a low rate keeps a higher rate keeps too. The session comes
// first because one session has many traces. By trace id, the decision is that of the SDK's
// TraceIDRatioBased sampler: events without a session are kept with the traces they belong to.
//
// # What is kept, and for how long
//
//	recent events            1,000 and at most 4 MiB (WithRecentSize)
//	queue                    8,192 events and at most 16 MiB (WithQueueSize)
//	names                    200, of which browsers can take 100; the rest count as "(other)"
//	minutes                  60, in total and for each name
//	unique sessions          an estimate in 64 KiB: since the start (0.8 %) and of the last hour (1.6 %)
//	ids for duplicates       65,536 to 131,072, at most 5 MiB
//	web vitals               100 pages with 5 histograms of 1.3 KiB; 32,768 to 65,536 ids, at most 3 MiB
//	clients of rate limits   10,000 (HandlerOptions.MaxClients), at most 4 MiB
//
// Together that is at most about 35 MiB, which only an attack comes near to; a new Tracker has less than 1 MiB.
//
// Strings of an event are kept as they were given, not copied: a name cut from a large buffer keeps the buffer.
//
// # Privacy
//
// Nothing personal is stored by default. The table says what becomes of each thing a client sends or shows.
//
//	| what                      | kept        | how, and what changes it                                            |
//	|---------------------------|-------------|---------------------------------------------------------------------|
//	| IP address                | no          | hashed with a key of the process to count its rate; never recorded  |
//	| user agent                | no          | not read                                                            |
//	| cookies, other headers    | no          | read: Content-Type, Content-Encoding, Content-Length, Origin, Sec-Fetch-Site |
//	| URL, query, fragment      | no          | the path template, only if the page names one (url.template)        |
//	| referrer, title           | no          | not read by the snippet; unknown fields are refused                 |
//	| user id                   | hashed      | user.hash: HMAC-SHA-256 with a key of the process; WithUserKey, WithRawUserID |
//	| session id                | yes         | session.id: random and per tab in the snippet; WithHashedSessionID  |
//	| event id                  | yes         | random in the snippet                                               |
//	| properties                | yes         | what the application chose to send                                  |
//	| text of a clicked element | no          | only the value of its data-track attribute                          |
//	| client's clock            | difference  | otelperf.event.clock_skew in seconds, when it was off               |
//	| exception message         | no          | exception.type and stack only; WithExceptionMessages                |
//
// The snippet does nothing in a browser that asks not to be tracked (Do Not Track or Global Privacy Control).
package events
