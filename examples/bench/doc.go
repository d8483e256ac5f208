// SPDX-License-Identifier: Apache-2.0

// Command bench measures what otelperf costs, beside other ways to have the same answers, and prints tables as markdown:
//
//	go run .                 all tables, some ten minutes
//	go run . -quick          fewer rounds, some two minutes
//	go run . -only hot,whole
//	go run . -service        a whole service under load, with and without us
//
// Time on a shared machine swings by a factor of two from one second to the next, which hides 50 ns in any run that is
// measured one variant after the other. So every table is paired: each round runs every variant once, for a few
// milliseconds, in an order drawn anew; what is reported is the median of the differences (or ratios) inside the rounds,
// with an interval that holds it with 95 % confidence. Absolute times still depend on the machine and its neighbours: trust
// the ratios.
//
// The test of this module is the gate: it fails, and prints the table, when a ratio's whole interval is beyond its
// budget.
package main
