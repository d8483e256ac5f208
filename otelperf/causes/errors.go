// SPDX-License-Identifier: Apache-2.0

package causes

import "errors"

// Errors of a recorder that callers act on.
var (
	// ErrBusy is returned while a recording is made or read.
	ErrBusy = errors.New("a recording is under way")
	// ErrLimit is wrapped where a recording would pass a limit, or comes too soon after the last one.
	ErrLimit = errors.New("no recording yet")
	// ErrStart is wrapped for a minute after a recording could not begin: another flight recorder is on.
	ErrStart = errors.New("a recording could not begin")
	// ErrOff is returned before the recorder is started and after it was shut down.
	ErrOff = errors.New("the recorder is off")
)
