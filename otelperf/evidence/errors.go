// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// ErrConfig is wrapped by each fault that Recorder.Err reports.
var ErrConfig = errors.New("evidence: invalid configuration")

// Errors that callers act on.
var (
	ErrBusy  = causes.ErrBusy  // a recording is made or read
	ErrLimit = causes.ErrLimit // wrapped where a recording would pass a limit, or comes too soon after the last one
	ErrStart = causes.ErrStart // wrapped for a minute after a recording could not begin: another flight recorder is on
	ErrOff   = causes.ErrOff   // before Start and after Shutdown
)
