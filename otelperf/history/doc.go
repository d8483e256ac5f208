// SPDX-License-Identifier: Apache-2.0

// Package history stores what a service did, minute by minute, beyond the life of its process: for each endpoint and dependency how its
// requests ended and the histogram of their durations, incidents with their evidence and cause, slow and failed requests with their
// anatomy, the runtime's signals, and marks.
//
// A [Store] is given a [Batch] each minute and answers a [Query] by time. Package
// github.com/otelperf/otelperf-go/otelperf/history/bolt has one in a file:
//
//	store, err := bolt.Open("shop.db")
//	...
//	mon, err := otelperf.New(otelperf.WithHistory(store))
//
// What is read back is made of the same values:
//
//	day := history.Query{What: history.Rows, From: now.Add(-24 * time.Hour), To: now, Step: history.Hour}
//	rows, err := history.Total(store.Range(ctx, day))
//
// # Steps
//
// Minutes are stored for two days, then ten minutes for 30 days and hours for a year, see [Retention]. They are merged from the histograms of
// the minutes, bucket by bucket, so that a quantile of any range of time is as exact as that of a minute: at most 0.55 % off, or 1.1 % where
// minutes had been stored so. That is why histograms are stored and not p99: the p99 of a day does not follow from the p99 of its minutes.
//
// When a process ran is stored beside, see [Batch]: the seconds of any step, by which a rate is to be had, are those that Presence of a batch of signals
// has.
//
// Of the shortest and the longest duration the bucket is known, so that [latency.Histogram.Exact] is false; sums are at most 0.013 % off.
//
// # Going on
//
// What the process leaves for the next one, its State, comes every ten minutes, each minute while there is an incident, and at the end: the
// detector's memory of the week is in it, to the second, which minutes could not give back.
//
// # Bounds
//
// What a batch may have is in the comment of [Batch]; Validate checks it, and stores refuse what is beyond. A query is answered step by step, in
// memory for one of them, and for at most [MaxSteps].
package history
