// SPDX-License-Identifier: Apache-2.0

package otelperf

import "errors"

var (
	// ErrConfig is wrapped by what New and Setup report about an option or a variable of the environment.
	ErrConfig = errors.New("otelperf: invalid configuration")
	// ErrShutdown is wrapped by what a Shutdown returns that its context cut short.
	ErrShutdown = errors.New("otelperf: shutdown not complete")
)
