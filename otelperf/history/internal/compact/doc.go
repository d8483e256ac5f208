// SPDX-License-Identifier: Apache-2.0

// Package compact writes what endpoints did in few bytes: near the entropy of their histograms.
//
// An hour is written in three layers. The first, a [Whole], has the histogram of each endpoint over the hour. The second says how each was
// made up of six times ten minutes, the third how these were made up of minutes. A layer says only what the one above leaves open, and
// that is little: of twelve durations in one bucket of the hour, in which of ten minutes each was. Together they take what the minutes
// alone would, and the older layers stay readable when a finer one is deleted.
//
// All is coded by a binary range coder whose probabilities begin with what chance would do, and adapt. Each endpoint has a block of its
// own, so that one can be read without the others, and in the third layer each ten minutes have a run of their own.
//
// Counts and buckets are exact. Sums are known to 0.013 %; of the shortest and the longest duration the bucket is known.
package compact
