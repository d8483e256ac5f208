// SPDX-License-Identifier: Apache-2.0

// Package peers is what an instance of a service shares with the others through a fleet.Store: the form of it in bytes, the goroutine that
// puts it there, the reading of the others' and the numbers of all together.
//
// An instance is at most fleet.MaxBlob bytes, which is about a kilobyte for an endpoint: the rows of those with the fewest requests are
// left out where that is not enough. Whoever can write to the store can put anything there, so what is read is bounded and checked to the
// last number; what is wrong is refused as a whole.
package peers
