// SPDX-License-Identifier: Apache-2.0

package httpmw

import "runtime"

// callerPC is where the function that calls it returns to. It takes about 0.2 µs, and allocates nothing.
func callerPC() uintptr {
	var pc [1]uintptr
	runtime.Callers(3, pc[:]) // besides this function and the one that calls it
	return pc[0]
}
