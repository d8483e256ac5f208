// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import "time"

// cpuTime is real time where there is no clock for CPU time.
func cpuTime() time.Duration { return time.Since(started) }

// threadTime is real time, too.
func threadTime() time.Duration { return time.Since(started) }

var started = time.Now()
