// SPDX-License-Identifier: Apache-2.0

// Package sim makes seeded request traffic with known faults, and measures how detectors do on it.
//
// An endpoint's durations are a lognormal body, for some a mixture of cache hits and misses, with a Pareto tail. Its
// level wanders slowly (an Ornstein–Uhlenbeck process within three standard deviations), follows the load of the day,
// and starts cold. On top of that come the pauses of a garbage collector, short cron jobs, and faults. The literal
// classic, p99 of the last 1000 requests against its moving average, is here too, for comparison.
package sim
