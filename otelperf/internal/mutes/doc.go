// SPDX-License-Identifier: Apache-2.0

// Package mutes stores what people said about incidents: that somebody looks after one (Ack), and that what goes wrong at some endpoints
// is not to be reported for a time (Mute). By both a Book decides whether news of an incident is reported, and remembers what was not,
// so that it is reported when the mute ends.
package mutes
