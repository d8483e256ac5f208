// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"time"
)

// Instance is one that has stored something in a time, where several share a store.
type Instance struct {
	Name string    // "" without one
	Last time.Time // beginning of its last minute of the time
	// Several says that processes which ran at the same time have this name, or no name.
	Several bool
}

// Shared is a store that instances of a service can share, as that of history/sqlstore. Its methods are safe for concurrent use.
type Shared interface {
	Store
	// Instance is the name of the one that the store was opened by; "" without one.
	Instance() string
	// Instances are those that have stored something from a time up to another, by name, as far as that is known: for as long as minutes
	// are stored.
	Instances(ctx context.Context, from, to time.Time) ([]Instance, error)
}
