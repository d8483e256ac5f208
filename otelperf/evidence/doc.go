// SPDX-License-Identifier: Apache-2.0

// Package evidence finds out what slow requests wait for, from the runtime's execution trace. While something is slow it records for a
// few seconds with [runtime/trace.FlightRecorder], has the end of every local root marked in the trace, and then follows each slow
// request from wake-up to wake-up: to a line of the program's own code, or to the request that held it up. What the slow requests
// have in common, and normal ones have not, is a cause; see package causes.
//
// # What it costs
//
// Nothing while it does not record, but for one atomic load at the end of a local root. While it does, the runtime traces the whole
// program: 7 to 20 % more CPU for requests that do little, besides 1 µs a second for each goroutine that is parked. The recording is
// of at most 5 s. Reading it takes a quarter of a CPU at most, by default, for some seconds, besides what the garbage collector makes
// of it; and up to 100 MiB of memory meanwhile, for a recording of 4 MiB, which is what it is cut to, the oldest parts first. A
// Recorder keeps the results of the last 6 recordings, of at most 2 MiB each, and the traces of the last 2.
//
// # What it cannot see
//
// Which of several locks behind one line it was, the host or query behind a wait for the network, and requests that do not end. Time
// in which the machine did not run a thread looks like running; what is certainly not is told as not scheduled. A program has one flight
// recorder: while somebody else's is on, there is none of ours. It is the same on every system that Go runs on.
//
// # How it is used
//
// otelperf.WithEvidence gives a Recorder to a Monitor, which starts it, arms it when something is slow, and shuts it down. A program
// that decides by itself uses Start, Arm and Shutdown.
//
// All methods are safe for concurrent use.
package evidence
