// SPDX-License-Identifier: Apache-2.0

// Command fleet shows what to do with the percentiles of many instances. It simulates 200 of them, each with a span processor
// of its own, that push exponential histograms to a real collector, merges what arrived, and compares: the p99 of the merged
// histograms, the average of the instances' p99, and the exact p99 over all requests.
package main
