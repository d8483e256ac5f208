// SPDX-License-Identifier: Apache-2.0

//go:build !race

package events

const raceEnabled = false
