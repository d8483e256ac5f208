// SPDX-License-Identifier: Apache-2.0

// Package runtimesignals samples what the Go runtime, the operating system and connection pools tell of a process once a second: GC,
// scheduler, locks, heap, CPU, throttling, memory pressure, waits for connections. It keeps an hour of each signal, learns what is
// usual for it, and says in a sentence which ones have left that.
//
// A [Recorder] takes at most 256 KiB and 40 KiB for each pool. A sample allocates nothing; reading a pool is its own goroutine's
// concern, so that one whose lock is held delays nothing else.
package runtimesignals
