// SPDX-License-Identifier: Apache-2.0

// Command otelperf shows what the library does, asks services that use it, and replays recorded traffic.
//
//	otelperf demo       a small shop under load, measured by otelperf
//	otelperf top        a service live in the terminal, or several instances together
//	otelperf summary    the same once, as text or JSON
//	otelperf history    what was stored, as Parquet or CSV, and of which time that is
//	otelperf slow       slow requests, and where the time of one went
//	otelperf evidence   what is known of a spike, as a zip archive
//	otelperf ack        somebody looks after a spike
//	otelperf mute       nothing of some endpoints is reported for a time
//	otelperf mark       a mark at a service, as a deploy script sets it
//	otelperf compare    an endpoint before and since a mark
//	otelperf check      a service compared with limits, for CI
//	otelperf mcp        a coding agent asks services
//	otelperf doctor     what is not wired at a service, and the lines that mend it
//	otelperf replay     recorded traffic through the same windows, baselines and spikes
//	otelperf version    the version, Go's, and the revision of a build in a checkout
//	otelperf completion a script by which a shell completes commands and flags
//
// The commands that ask a service send the token of --token or OTELPERF_TOKEN, read at most 16 MiB of an answer (64 MiB of an archive), and show
// text from it without anything that a terminal would act on.
//
// Exit status: 0 when it did what was asked, also when Ctrl-C ended demo or top; 1 when something failed on the way, for check when a
// limit is broken; 2 when it could not begin, because of a bad command, flag or value, an address that is taken or a
// service that does not answer. Errors are one line on standard error.
package main
