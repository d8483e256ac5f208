// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package httpmw

// callerPC is where the function that calls it returns to, as runtime.Callers tells it, which takes a hundred times as long. The
// compiler keeps frame pointers on these processors, for profilers: above the one that is saved for a frame stands the address.
func callerPC() uintptr
