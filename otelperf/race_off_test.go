// SPDX-License-Identifier: Apache-2.0

//go:build !race

package otelperf

// RaceEnabled makes the load of events lighter.
const RaceEnabled = false
