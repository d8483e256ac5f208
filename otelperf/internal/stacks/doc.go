// SPDX-License-Identifier: Apache-2.0

// Package stacks samples where slow requests are while they run. It takes goroutine profiles, in the form that has labels, which stops
// the world for microseconds; a label tells whose goroutine is which. What it keeps are function names and lines: no argument, no value.
//
// Nothing is sampled while nothing is slow. A profile costs 4 to 8 µs of CPU a goroutine, so the next one is not taken before a hundred
// times the CPU time of the last one has gone by: at most 1 % of one CPU. Above 30,000 goroutines none is taken.
//
// Exported methods are safe for concurrent use.
package stacks
