// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"flag"
	"time"
)

var loadTime = flag.Duration("load", 400*time.Millisecond, "how long TestLoadOfEvents puts load on the service")

const (
	workEvery   = 2 * time.Millisecond  // one request of the service: 500 a second
	grossEffect = 50 * time.Millisecond // of p99, that no noise explains if it is so in each of many pairs
)
