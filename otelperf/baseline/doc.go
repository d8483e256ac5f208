// SPDX-License-Identifier: Apache-2.0

// Package baseline decides, once a second, whether the latency of an endpoint has left its usual range, and
// says when it has come back. It is pure arithmetic: time and counts go in, verdicts come out; there is no
// clock, lock, goroutine or import beyond the standard library, so it serves live traffic, recorded traffic and
// simulations alike.
//
//	d, err := baseline.New(baseline.Config{}) // the classic knobs: 2x, weight 0.9, 5 minutes
//	var tally baseline.Tally
//	...
//	tally.Add(duration, failed) // for each request
//	...
//	ev := d.Tick(time.Now(), tally.Buckets()) // once a second
//	tally.Reset()
//	if ev.Kind == baseline.Started { ... }
//
// # The contract
//
// The knobs are those of the classic detector: an endpoint spikes when its p99 exceeds Ratio times its baseline,
// the baseline forgets with Weight per ten minutes, and alerts are Cooldown apart. The classic compares two
// estimates of a p99. With few requests that p99 is a maximum, with many it is one garbage collection, and the
// average it is compared with soon contains the incident itself. This detector counts instead.
//
// # The method
//
// The baseline is a histogram of the last tens of minutes. From it come thresholds, Ratio times its p50, p90 and
// p99, each taken at an upper confidence bound of the quantile. Every second the requests above each threshold
// are counted, and sums of log-likelihood ratios ask whether so many can still be chance. Such a sum is a CUSUM
// (E. S. Page, Continuous inspection schemes, 1954), optimal in delay for a given mean time to a false alarm
// (G. Lorden, 1971); it stands at the edge of A. Wald's sequential test (1945), and since the likelihood ratio
// is taken against the worst of a whole set of normal behaviours, it is an e-detector in the sense of J. Shin,
// A. Ramdas and A. Rinaldo (2023): as long as the chance to exceed is at most the assumed one, the mean number
// of requests to a false alarm is at least exp(10), whatever the distribution. One second adds at most a
// seventh of what an alarm needs, so that a pause of the collector or a job of four seconds cannot raise one.
// While something is wrong the baseline is frozen.
//
// Several alternatives (1.7, 4 and 15 times the odds) are tested at each level, a fourth level looks at six times
// the p99 for the few requests that hang, and a joint test looks at all thresholds at once for a shift of the whole
// distribution. An incident ends when the levels involved have shown, by the same kind of sum over at least half a
// minute, that their requests are as usual; after half an hour what goes on is the new normal.
//
// What moves all quantiles beyond Ratio is reported even if it came about by two harmless causes at once: a jump of
// 1.7 times on top of a slow drift alerts. What recurs at the same time of the hour or day is announced only when it
// is longer or stronger than usual, from the fourth time on.
//
// # Bounds
//
// A [Detector] is one allocation of at most 4 KiB whatever it is fed, and [Detector.Tick] allocates nothing.
// Durations are resolved between 7.6 µs and 1024 s; what lies outside counts at the nearest end. The types of
// this package are not safe for concurrent use: one goroutine owns a Detector.
package baseline
