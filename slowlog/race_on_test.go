// SPDX-License-Identifier: Apache-2.0

//go:build race

package slowlog

// raceEnabled: the race detector allocates, so tests of allocations say nothing.
const raceEnabled = true
