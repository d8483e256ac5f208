// SPDX-License-Identifier: Apache-2.0

// Package handover has services move between collectors, each of which judges those whose spans come to it, through a store that all of
// them reach: when a service comes to another collector, that takes over what the one before knew of it, and the one before lets it go
// without a word.
//
// # The protocol
//
// For each service the store has two values: who has it, and what is known of it. No operation but reading and writing a value is asked of
// it.
//
//   - A collector to which something of a service comes that it has not writes that the service is its own, and reads what is known of it.
//     Until then, 5 s at most, what came waits; then the service is learned anew, which is logged.
//   - It writes what is known once in an interval, after each message of an incident, and at the end.
//   - Before it writes that, before each message of an incident, and when nothing has come of a service for 10 s, it reads who has it. If
//     that is another collector, it forgets the service; a message is not sent then, since the other one sends it: an alarm of silence at
//     the collector that a service has left never gets out.
//   - What comes of a service that it has let go is not looked at, and is counted: for some seconds those that spread spans do not agree.
//     If the collector that has it says that nothing comes any more, or that it has ended, or says nothing for three intervals, the
//     service is taken again.
//
// Where the store does not answer in 2 s, messages go out all the same, and services are learned anew; for 10 s then it is not asked.
//
// # Bounds
//
// What is written of a service has a bound in bytes; of more, endpoints that were seen last are kept. Jobs are at most one for each
// service, with at most 64 messages; a message waits at most 5 s. Files of a directory that were not written for eight days are removed.
package handover
