// SPDX-License-Identifier: Apache-2.0

// Package fleet judges many services from what a collector receives: one engine for each service, over all its instances, fed by the second
// in which things happened.
//
//	f := fleet.New(fleet.Settings{})
//	f.Traces(time.Now(), td)            // as batches arrive, by any number of goroutines
//	for _, n := range f.Tick(time.Now()) { // once a second, by one
//		fmt.Println(n.Service.Name, n.Event.Incident.Reason)
//	}
//
// # Time
//
// A request counts in the second in which it ended, by the clock of its service. A second goes to the engine once the collector's clock is
// [Settings].Lateness past its end. What comes later counts in the oldest second that is open; what is ahead of the collector's clock counts
// in the running one. Both are counted in [Stats]. No clock but the collector's moves anything, so that one of many instances that is wrong
// does not move the others.
//
// # Bounds
//
// Services, endpoints of each, bytes of spans that are held for anatomies, and requests that wait for their second to be judged are
// bounded by [Settings]; what is beyond shares a service, or a row, called "(other)", or is left out, and is counted.
//
// All exported functions are safe for concurrent use.
package fleet
