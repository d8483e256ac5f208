// SPDX-License-Identifier: Apache-2.0

//go:build !race

package otelperf

const raceEnabled = false
