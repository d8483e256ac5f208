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
//
// A program that has an otelperf.Monitor gives the options to otelperf.WithEvents and has the Tracker from
// Monitor.Events; the companion endpoint then shows the events, and the middleware tracks panics and requests.
//
// All exported functions and methods are safe for concurrent use.
//
// # Browsers
//
// [Tracker.Handler] takes events from browsers, and serves them a script of less than 3 kB that sends page views,
// clicks on elements with a data-track attribute, web vitals, and events of the page's own:
//
//	mux.Handle("/t/", http.StripPrefix("/t", tracker.Handler()))
//
// and in the page: <script src="/t/track.js" data-page="/users/{id}" defer></script>
//
// [HandlerOptions] say which origins may send, how much, and who a client is. With otelperf, name the prefix in
// otelperf.WithIgnoredPaths, so that these requests do not count as the service's. [ServerTiming], which otelperf's
// middleware sends by itself, puts the page's events into the trace of the request that loaded it.
//
// # What becomes of an event
//
// Each event that is handed in ends as exactly one of four, and [Stats] counts them:
//
//   - accepted: valid and sampled in. It is in Recent and on the queue to the log pipeline.
//   - sampled_out: valid, counted by name, minute and session, but not emitted.
//   - refused: not valid, or not permitted. Nothing of it is stored.
//   - dropped: valid, but it goes no further.
//
// The reasons for which an event is refused:
//
//	name          missing, or not a valid event name
//	reserved      a name or a property's key that only this package sets
//	not_allowed   a name that is not among HandlerOptions.AllowNames
//	id            event, session or user id: too long, or of other characters
//	time          not between the years 1970 and 2261
//	source        not of the form of a name
//	page          not a path template
//	properties    too many properties or values
//	depth         nested too deep
//	size          too many bytes
//	key           a property's key is empty, too long, repeated or not printable
//	value         not finite, not UTF-8, or of a type that records do not have
//	vital         not a web vital, or its value is out of range
//	field         a field that does not exist or has the wrong type, of an event that a browser sends
//
// and those for which it is dropped:
//
//	duplicate     its id and session were seen before
//	rate_limited  its client is over its rate
//	queue_full    the log provider is slower than events come in
//	shutdown      the Tracker had been shut down
//
// One goroutine takes accepted events from the queue and emits them, so a slow log processor never
// holds up a request. What is accepted ends as emitted, disabled (the provider has no use for it) or
// lost (the processor panicked, or Shutdown ran out of time), and is queued until then.
//
// What is emitted is the log provider's, and ends as delivered, failed (its export failed) or missing (it never came to
// the exporter). The SDK's batch processor drops what it could not export, and reports it to the global error handler
// alone: watch the exporter, and Stats and Flush know.
//
//	deliveries := &events.Deliveries{}
//	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(events.Watch(deliveries, exporter))))
//	tracker, err := events.New(events.WithLoggerProvider(lp), events.WithDeliveries(deliveries))
//
// Whoever sends a whole request in vain, since its client is over its rate, gets 429: the events in it are not read and
// not in Stats, only the request is.
//
// # Records
//
// An event is a log record whose event name is the event's, with severity INFO. The events that this package names:
//
//	browser.page_view   a page was loaded or navigated to
//	browser.click       an element with data-track was clicked
//	browser.web_vital   a CLS, INP, LCP, FCP or TTFB, as OpenTelemetry's browser instrumentation writes it
//	otelperf.request    a request has ended: Tracker.Request, or otelperf's middleware
//	exception           a panic, with severity ERROR: Tracker.Exception, or otelperf's middleware
//
// # Sampling
//
// Sampling is consistent: the decision is a function of the session id, for events without one of the trace
// id, and only without both by chance. So at one rate a session is wholly in or wholly out, in every
// process that sees it, and what a low rate emits a higher rate emits too. The session comes
// first because one session has many traces. By trace id, the decision is that of the SDK's
// TraceIDRatioBased sampler: events without a session are emitted with the traces they belong to.
//
// # Bounds
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
// Strings of an event are not copied: a name cut from a large buffer holds the buffer.
//
// # Privacy
//
// Nothing personal is stored by default. The table says what becomes of each thing a client sends or shows.
//
//	| what                      | stored     | how, and what changes it                                          |
//	|---------------------------|------------|-------------------------------------------------------------------|
//	| IP address                | no         | hashed with a key of the process to count its rate, not recorded  |
//	| user agent                | no         | not read                                                          |
//	| cookies, other headers    | no         | read: Content-Type, -Encoding, -Length, Origin, Sec-Fetch-Site    |
//	| URL, query, fragment      | no         | the path template, only if the page names one (url.template)      |
//	| referrer, title           | no         | not read by the script; unknown fields are refused                |
//	| user id                   | hashed     | user.hash, HMAC-SHA-256 by a key; WithUserKey, WithRawUserID      |
//	| session id                | yes        | session.id: random, of one tab; WithHashedSessionID               |
//	| event id                  | yes        | otelperf.event.id: random                                         |
//	| properties                | yes        | what the application chose to send                                |
//	| text of a clicked element | no         | only the value of its data-track attribute                        |
//	| client's clock            | difference | otelperf.event.clock_skew in seconds, when it was off             |
//	| exception message         | no         | exception.type and stack trace only; WithExceptionMessages        |
//
// The script does nothing in a browser that asks not to be tracked (Do Not Track or Global Privacy Control).
package events
