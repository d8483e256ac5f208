// SPDX-License-Identifier: Apache-2.0

// Package quiet finds that an endpoint, or a service, has no requests though it usually has some at this hour, or a tenth of them. It is
// pure arithmetic: times and counts go in once a second, verdicts come out.
//
// # The method
//
// How long a gap is, is measured in the requests that were to be expected in it: by the rate of the last minutes, or that of this hour of
// the week if it is lower. Such gaps of independent requests are distributed exponentially with a mean of 1, whatever their rate; those of
// regular ones are hardly above it, those of bursty ones far. The distribution is learned; a silence is reported when the gap is one that
// its tail, taken for exponential, has once in 10,000 days, and is one and a half times as long as any before, and 10 s.
//
// Few requests are found by a CUSUM (E. S. Page, 1954) of Poisson log-likelihood ratios by the minute: a quarter of what is usual against
// 0.7 times what the last hours and this hour of the week had at least. It is divided by the variance of the counts of five minutes over
// their mean, so that what comes in clusters counts by the cluster. A minute adds at most a fifth of an alarm.
//
// The hours of the week are learned as the mean and the least of the weeks before. In the first week an hour is what it was on the days
// before; from Thursday noon to Monday noon, UTC, when it may be a weekend somewhere, it is not known until it was seen. An hour of which
// the neighbours differ by more than three times is not judged: a day begins or ends in it. An hour that had requests in each of two
// weeks, and the next as well, and has none for three quarters, is reported even if there were none before it. A holiday is.
//
// Nothing is judged on the first day, nor in the half hour after a restart or after a step of the clock of more than an hour, and then
// only what had requests since. After a day of silence it is usual.
//
// # What is proven and what is simulated
//
// Proven: of independent requests of a steady rate gaps beyond the limit are as rare as said, if the tail is known. From that follows what
// no method can do: of independent requests a silence of ten expected ones comes by chance, at 1/s four times a day. One that comes once in
// 10,000 days is ln(10,000 times the requests of a day): 16 expected requests at 0.01/s, 18 at 0.1/s, 21 at 1/s; beyond that the ten
// seconds are what counts. Simulated, they are missed after 19 to 24. Ten suffice where requests are regular.
//
// Simulated: that nights, weekends, batches, sessions and restarts stay quiet. The command in failures/internal/lab prints the tables.
//
// # Bounds
//
// A [Detector] is less than a kibibyte, its state too, and Tick allocates nothing.
package quiet
