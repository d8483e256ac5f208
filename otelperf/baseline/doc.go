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
// the baseline forgets with Weight per ten minutes, and alerts are Cooldown apart, but for one that is twice as bad. The classic compares two
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
// is taken against the worst of a whole set of normal behaviours, it is an e-detector (J. Shin, A. Ramdas and
// A. Rinaldo, 2023). While something is wrong the baseline is frozen, and requests are not learned as long as there is
// evidence, however little, since before them: the first seconds of an incident are not what was usual before it.
//
// Several alternatives (1.7, 4 and 15 times the odds) are tested at each level, a fourth level looks at six times
// the p99 for the few requests that hang, and a joint test looks at all thresholds at once for a shift of the whole
// distribution. Its evidence never falls from one threshold to the next: bins where it would are pooled (isotone.go).
// What counts as normal is the upper confidence bound of what the baseline shows, and more (worst.go). How much
// evidence raises an alarm is worked out for each alternative (proof.go). An incident ends when the levels involved
// have shown, by the same kind of sum over at least half a minute, that their requests are as usual, for as long as the
// evidence took to become an alarm, up to three minutes, and for three times as long as it has seemed over before; after
// half an hour what goes on is the new normal.
//
// One second adds at most a seventh of what an alarm needs, so that a pause of the collector or a job of four seconds
// cannot raise one; one or two slow requests, if none came for ten seconds, may add two fifths. The same evidence
// is summed by the minute, of which each adds at most a fifth: stalls that come back every few seconds are an incident
// though good seconds lie between them. Minutes that would be an alarm each are added up once more, where a good minute takes
// little whatever the rate: stalls every three to five minutes are an incident, one in ten minutes is not (minutes.go).
//
// Requests are not taken for independent: those of one user are slow together. How much more the counts above a threshold
// differ from one minute to the next, and from eight to eight, than independent ones would is learned for each level, from the
// first quarter of an hour of incidents, too, and all evidence is divided by it, at most by 8 (dispersion.go).
//
// # What is remembered
//
//   - What was usual before the endpoint became much faster (for two days), or before an incident became the new normal
//     (for a day): a second histogram, which is put back when requests fit it again, neither slower nor faster. The end
//     of an hour of quick failures is no spike, and what is slower than before them is compared with that. What was
//     marked of the hours in between is withdrawn (former.go).
//   - Each hour of the last week, by its quantiles. No threshold is below 0.8 times Ratio times what was usual in
//     the last six hours and at this hour of the last days, and what becomes slower over hours, taking the baseline along,
//     is compared with this hour of the last days by two tests of a quarter of an hour. The hours next to it count, too,
//     since clocks change for summer; days on which the endpoint was much slower all along do not (week.go, gradual.go).
//   - Episodes that come back at the same time of the hour, the day or the week, as far early or late as they have been:
//     once they have come so often that for episodes at random times it would be a chance of one in 200, by the day or
//     the week in 1,000, one is announced only when it is longer or stronger than usual. That takes three times if they
//     are on time. Those of some days of the week are usual on these (recurring.go, episode.go).
//   - How far apart requests usually are: after half an hour without any, or twenty times as long as usual, there is the
//     grace of a restart, since caches are cold; it lasts as long as requests become faster, a quarter of an hour at most
//     (silence.go).
//
// # What is proven and what is simulated
//
// Proven, whatever the distribution, the rate, the floor, the ratio and the widths of the buckets: as long as the
// chances to exceed the thresholds are at most those taken for normal, exp of the nats that a request adds is on average
// no more than 1, also divided by a dispersion, so that no sum rises on average; below the floor, at constant durations and
// with any other cuts that coincide as well. Every started spike shows a quantile that has grown by Ratio. Seven bad seconds, or four bad minutes, are
// needed, but for slow requests ten seconds apart. The sum of minutes with a stall is apart from that: it does not rise as
// long as fewer than one minute in nine is one.
//
// Checked on thousands of random baselines in every run of the tests: the chances taken for normal hold for what the
// baseline was learned from. The joint test never rises, a level does in less than one baseline of a thousand, by
// an error of estimation that the next hour corrects.
//
// Simulated, and only that: how often there is a false alarm, for which endpoints also wander, have days and tenants;
// that returns, jobs and cold mornings stay quiet; what is found how soon. otelperf/internal/lab prints the tables. By the
// proof alone an alarm needs more evidence than the method asks for at far alternatives: they rely on the margin
// between what is usual and the worst that may be.
//
// What moves all quantiles beyond Ratio is reported even if it came about by two harmless causes at once: a jump of
// 1.7 times on top of a slow drift alerts.
//
// # Bounds
//
// A [Detector] is one allocation of at most 8 KiB whatever it is fed, and [Detector.Tick] allocates nothing.
// Durations are resolved between 7.6 µs and 1024 s; what lies outside counts at the nearest end. The types of
// this package are not safe for concurrent use: one goroutine owns a Detector.
package baseline
