// SPDX-License-Identifier: Apache-2.0

// Package failures decides, once a second, whether more requests of an endpoint fail than usual, or more that the caller is to blame for,
// and whether a handler has begun to panic. It is pure arithmetic: times and counts go in, verdicts come out; no clock, lock or goroutine.
//
// # The method
//
// The usual share is a count of requests and of bad ones, forgotten by a tenth in ten minutes beyond 20,000 requests. From it comes the
// largest share that is normal: its upper confidence bound (E. B. Wilson, 1927), 1.7 times its odds, more in the first hours and after a
// restart, and not below the worst ten minutes of the last six hours, of this hour and the next on other days, nor the floor. Sums of
// log-likelihood ratios test it against 2.5, 7, 30 and 1,000 times its odds: CUSUMs (E. S. Page, 1954; G. Lorden, 1971), as sums against the
// worst of what is normal e-detectors (J. Shin, A. Ramdas and A. Rinaldo, 2023). What is below that share makes them fall.
//
// Failures come in clusters: retries, a stalled dependency, one client. The variance of the counts of minutes over that of independent
// requests is learned, and evidence is divided by it (R. W. M. Wedderburn's quasi-likelihood, 1974), which is exact for clusters of one
// size. The more there is of it, the more seconds an alarm takes.
//
// A second adds at most a seventh of an alarm; one some seconds after the last bad request up to a third. Where requests are seldom each
// bad one may add 0.21 to the sum for nearly all being bad, of which each good one takes more than a tenth. Below two requests a second
// eight seconds of evidence are no alarm. So neither a burst of four seconds nor a request that is tried four times is one, and where all
// fail five requests suffice. For three minutes after a restart an alarm takes half a minute of evidence. The same evidence is summed by
// the minute, of which each adds at most a fifth. A started incident shows Ratio times the usual share, the floor, and four bad requests.
//
// While nothing is known a quarter is taken for normal, and the first five requests all failing, over seven seconds, are an alarm; the
// chance of that is 1 in 3,000 where a fifth fails as usual, 1 in 100,000 where a tenth does. What fails all the time is usual after half an
// hour, which State shows as Elevated.
//
// What is usual is frozen during an incident; minutes with evidence are learned when it has gone, or after twenty of them. An incident ends
// when requests were as usual for half a minute, by the same kind of sum, or when none came for half an hour. After half an hour it is the
// new normal. When far fewer fail than usual for five minutes, what was usual is forgotten, so that a second outage is found.
//
// A panic is an incident at once, until there was none for ten minutes. The fourth within a day is none, nor are those that go on for half
// an hour: they are usual until there was none for sixteen hours.
//
// Client errors need more of everything: three times the odds, 5 % of requests, twenty bad ones, twenty seconds. They are a lesser verdict.
//
// # What is proven and what is simulated
//
// Proven, and checked on thousands of random endpoints by the tests: while no more than the share taken for normal is bad, exp of what a
// request adds is on average at most 1, dispersion and limits only make it smaller. Nothing is proven of shares that wander beyond
// the guard, or of clusters of very different sizes.
//
// Simulated: how often there is a false alarm then, and how soon faults are found. internal/lab prints the tables: none in 1,236
// endpoint-days of 0.1 to 1,000 requests/s (at most 2.4 in 1,000, 95 %). After half a day 1 % -> 5 % at 100/s is found within 20 s in 95 %,
// 100 % at 0.1/s within five requests in 93 to 98 %, 10 % at 1/s within 60 s in 78 % (0.1 % usual: 73 %). That is near what there is to be
// had: of six failures expected in those 60 s, there are four in 85 % and five in 71 %; four within 45 s come by chance once in 800 days
// where 0.1 % fail as usual. What grows slowly is
// learned rather than reported, and what comes back at the same time of the day beyond the marks is reported each time.
//
// # Bounds
//
// A [Detector] is one allocation of at most 640 bytes, its state 117 bytes; Tick allocates nothing.
package failures
