// SPDX-License-Identifier: Apache-2.0

// Package points reads the duration histograms that instances export, and says what came to each series since its last point.
//
//	r := points.New(0)
//	r.Take(time.Now(), md, func(d *points.Delta) { d.AddTo(&histogram) })
//
// It reads exponential and explicit histograms, cumulative and delta, of the metrics of the semantic conventions, present and former ones, and of
// our own.
//
//   - What a cumulative series said last is subtracted from it, at the coarser one of the two scales. With other bounds only the counts
//     can be: what is more is spread as the new point is. Another start, or a smaller count anywhere, and all of it is new: the process
//     began anew.
//   - A point with the time of the last one, or an older one, is dropped: it was sent twice, or is out of order. Of deltas only exact repeats
//     can be told, by start and time.
//   - Of a series that is new, all counts if it began within two export intervals, or if its instance has exported before without it;
//     else an unknown part of it is of long ago, it is remembered, and counts from its next point on. So a restart of the collector
//     does not pour the requests of days into a second.
//   - Two processes that export as one, since nothing in their resources tells them apart, are told by their starts: where a series
//     began before the last point of another one, both go on.
//
// # Time
//
// A point says that requests ended between the last one and this one, by the clock of its instance. [Delta].Began is no later than that
// beginning by the collector's clock: the time of arrival less the length of the interval, less what this point is later than the
// instance's quickest ones of late. So a wrong clock changes nothing, and a point that waited in a queue is known to be old.
//
// # Bounds
//
// What is remembered is bounded in bytes. Series beyond are not read, and are counted; what no point came to for a quarter of an hour is
// forgotten. Deltas are read always: at the bound only their repeats are not noticed.
package points
