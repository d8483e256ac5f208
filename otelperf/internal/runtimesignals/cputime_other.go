// SPDX-License-Identifier: Apache-2.0

//go:build !unix && !windows

package runtimesignals

// cpuTime is NaN: not known here.
func cpuTime(*usage) float64 { return unknown }

// usage is the memory that cpuTime needs.
type usage struct{}
