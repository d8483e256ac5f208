// SPDX-License-Identifier: Apache-2.0

// Package traffic makes seeded traffic of endpoints that are drawn at random: each has a profile, with a duration from
// tens of microseconds to seconds and a distribution of one of several families, degenerate ones among them. Its level
// wanders slowly (an Ornstein–Uhlenbeck process within three standard deviations), follows the load of the day, and
// starts cold. A [Scenario] changes the traffic from second to second: pauses, jobs, faults.
//
// A [Stream] yields the requests of each second as the detector takes them, counted in buckets.
package traffic
