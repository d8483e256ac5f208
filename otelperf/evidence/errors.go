// SPDX-License-Identifier: Apache-2.0

package evidence

import "errors"

// Errors that callers act on.
var (
	// ErrConfig is wrapped by each fault that Recorder.Err reports.
	ErrConfig = errors.New("evidence: invalid configuration")
	// ErrBusy is returned while a recording is made or read.
	ErrBusy = errors.New("evidence: a recording is under way")
	// ErrLimit is wrapped where a recording would pass a limit, or comes too soon after the last one.
	ErrLimit = errors.New("evidence: no recording yet")
	// ErrStart is wrapped for a minute after a recording could not begin: another flight recorder is on.
	ErrStart = errors.New("evidence: a recording could not begin")
	// ErrOff is returned before Start and after Shutdown.
	ErrOff = errors.New("evidence: off")
)
