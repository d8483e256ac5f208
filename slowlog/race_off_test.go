// SPDX-License-Identifier: Apache-2.0

//go:build !race

package slowlog

const raceEnabled = false
