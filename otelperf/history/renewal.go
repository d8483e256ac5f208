// SPDX-License-Identifier: Apache-2.0

package history

import "time"

// Renewal is that what is stored was begun anew: nothing of before is in the store but what was appended again.
type Renewal struct {
	At  time.Time `json:"at"`  // when; zero if it never was
	Why string    `json:"why"` // such as "its file was deleted or moved away"
}

// Renewed is a store that may begin anew while it is open, or has done so before, as that of history/bolt does where its file is damaged or gone. Who
// appends to one looks after each Append whether it has, and then appends again what there is of the time before. Its methods are safe
// for concurrent use.
type Renewed interface {
	Store
	// Renewal is the last one, as far as it is known; the zero value if there was none.
	Renewal() Renewal
}

// RenewalOf is that of any store, the zero value of one that never begins anew.
func RenewalOf(s Store) (r Renewal) {
	if s, ok := s.(Renewed); ok {
		r = s.Renewal()
	}
	return r
}
