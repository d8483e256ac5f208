// SPDX-License-Identifier: Apache-2.0

// Package views serves the companion endpoint of each service of a fleet, by a Monitor that is there while somebody looks.
//
// # Bounds
//
// A Monitor takes 0.4 MB and four goroutines beside the engine that it shows, and the streams of those who read it. There are at most
// [Settings].Most at a time: one more takes the place of the one that was asked for longest ago and that nobody reads now, or if there is none
// is refused with 503. One that was not asked for in [Settings].Idle ends. What is noted by it, acks, mutes and marks, is the service's, and stays.
package views
