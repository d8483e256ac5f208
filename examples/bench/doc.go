// SPDX-License-Identifier: Apache-2.0

// Command bench measures what otelperf costs, beside other ways to have the same answers, and prints tables as markdown:
//
//	go run .                 all tables, some ten minutes
//	go run . -quick          fewer rounds, some three minutes
//	go run . -only hot,whole some of them; a wrong name lists all
//	go run . -service        a whole service under load, with and without each feature, nine minutes (with -quick one)
//	go run . -profile DIR    CPU profiles of the request path and of the service, and the functions that lead them as text
//	go test .                the gate of what is counted, and the tests of the statistics
//	go test . -budgets       the gate of what is measured by the clock, too: some minute of a machine that does nothing else
//
// Time on a shared machine swings by a factor of two from one second to the next, which hides 50 ns in any run that is
// measured one variant after the other. So every table is paired: each round runs every variant once, for a few
// milliseconds, in an order drawn anew; what is reported is the median of the differences (or ratios) inside the rounds,
// with an interval that holds it with 95 % confidence. Absolute times still depend on the machine and its neighbours: trust
// the ratios. What a process happens to have for its whole life, such as where its memory lies, is met by measuring requests in
// five processes. Where even that is too coarse, instructions are counted by stepping through them (section instructions; Linux).
//
// Section path takes the CPU time of the thread that serves, with no garbage collection inside a turn: it tells 30 ns apart. Section
// cpu takes that of the whole process, collections and all: that is what a service pays, and it takes five processes and many rounds
// to tell a microsecond.
//
// The gate fails, and prints all budgets, when a ratio's whole interval is beyond its gate, and it is so again when it was
// measured with twice the effort. Section budgets prints the same table.
//
// The service is the shop of "otelperf demo" without its waits. Its clients are in another process on the same machine, and first
// ask as fast as they get answers (requests a second, CPU of the service's process for each, share of it in garbage collection), then
// at a steady rate below that (p50, p99).
package main
