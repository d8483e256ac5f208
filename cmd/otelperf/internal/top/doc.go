// SPDX-License-Identifier: Apache-2.0

// Package top shows in a terminal, live, what services do: spikes above, endpoints as a table, slow requests below, and on Enter
// the details of any of them.
//
// It is a Bubble Tea model: Update takes keys, sizes and answers and never waits, View draws what is known. A service that goes
// away and comes back is shown as such, and asked again at every poll. What is kept is bounded: the last answers, 60
// polls of p99 for each of 1000 endpoints, 8 instance names for each URL.
package top
