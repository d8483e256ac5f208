// SPDX-License-Identifier: Apache-2.0

// Package replay runs recorded requests through the engine that watches live ones, in their own time: what would it have
// said, and when?
//
// # Files
//
// Several files are one stream, in the order of their times: one engine, so that a baseline goes on where a log was rotated. At most
// MaxFiles are read at a time. Of each, two requests are known ahead. The output begins with what each is read as. Input
// without a request is an error.
//
// # Time
//
// Requests need not be in order: a second goes to the engine when one is seen that is Horizon later. A request that is
// later than that is left out and counted. A hundred of those in a row mean that the clock was set back, or that another
// recording begins: time goes on from there. A request more than an hour ahead of all others is believed only
// when the next one agrees, so that one damaged time does not make all that follows late. Seconds
// without any request are ticks like all others until all spikes have ended for lack of requests (700 s); what is longer is skipped.
//
// # Memory
//
// It does not depend on the length of a file: up to MaxEndpoints endpoints, more share the row (other). Each takes at most
// 44 KiB in the engine, 12 KiB for its sparkline and, for each second of the Horizon in which it had requests, some
// KiB of buckets: typically 5 MB in all, 130 MB for 500 endpoints with durations from microseconds to hours in each second. A file
// takes up to 200 KiB while it is open.
package replay
