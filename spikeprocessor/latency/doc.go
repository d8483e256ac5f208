// SPDX-License-Identifier: Apache-2.0

// Package latency keeps durations in exponential histograms and gets them there cheaply.
//
// It has three parts, each usable alone:
//
//   - [Histogram] counts durations in the base-2 exponential buckets of the OpenTelemetry metrics data
//     model at scale 6: 64 buckets for each doubling, each 1.09 % wide. A quantile is the middle of a
//     bucket, at most 0.55 % off. Histograms merge and subtract without loss.
//   - [Step] is a histogram sealed into a few hundred bytes, for the windows of the past.
//   - [Recorder] takes 64-bit words from many goroutines and applies them in batches. What a word
//     means is up to its owner: an endpoint, an outcome and a duration, say.
//
// # Buckets
//
// Buckets are buckets of seconds: bucket b covers (2^(i/64), 2^((i+1)/64)] seconds, where
// i = b + FirstIndex is its OpenTelemetry index. The upper bound belongs to the bucket. They reach from
// 0.95 µs to 9.1 hours; what is shorter or longer is counted in the first or last one, and shows in Min and Max.
// [Bucket] compares whole nanoseconds with a table of 64 bounds: it takes no logarithm and is exact at every bound.
//
// # Memory
//
// A Histogram is about 0.6 KiB and grows by 256 bytes for each octave in which a duration was seen, to
// 9.4 KiB at most; served requests rarely fill more than twelve octaves (3.6 KiB). A Step never exceeds
// the limit given to Seal. A Recorder holds at most 2 KiB for each shard and 512 KiB of full logs.
//
// # Concurrency
//
// All methods of Recorder are safe for concurrent use. A Histogram is not; a Step is safe as long as nobody writes to its bytes.
package latency
