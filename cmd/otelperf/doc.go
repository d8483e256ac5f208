// SPDX-License-Identifier: Apache-2.0

// Command otelperf shows what the library does.
//
//	otelperf demo    a small shop under load, measured by otelperf
//
// Exit status: 0 when it did what was asked, also when Ctrl-C ended it; 1 when something failed on the way; 2 when it could not
// begin, because of a bad command, flag or value or an address that is taken. Errors are one line on standard error.
package main
