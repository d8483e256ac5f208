// SPDX-License-Identifier: Apache-2.0

// Package agent answers coding agents: a server of the Model Context Protocol whose tools ask services and change nothing.
//
// An answer has a text of at most 8 KiB and the same as JSON of at most 24 KiB; what that leaves out is said, as are the calls that lead on.
// Text that comes from a service is one line without control characters, at most 600 characters, whatever the service sent.
package agent
