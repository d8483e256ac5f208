// SPDX-License-Identifier: Apache-2.0

package otelperf

import "errors"

var (
	// ErrConfig is wrapped by what New and Setup report about an option.
	ErrConfig = errors.New("otelperf: invalid configuration")
	// ErrWindow is wrapped by what ParseWindow reports.
	ErrWindow = errors.New("otelperf: unknown window")
)
