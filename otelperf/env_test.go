// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestEnvironmentStandsForOptions(t *testing.T) {
	t.Setenv("OTELPERF_SLOW_THRESHOLD", "300ms")
	t.Setenv("OTELPERF_MAX_ENDPOINTS", "7")
	t.Setenv("OTELPERF_RATIO", "3")
	c, err := newConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.slowThreshold != 300*time.Millisecond || c.maxEndpoints != 7 || c.baseline.Ratio != 3 {
		t.Errorf("threshold %v, endpoints %d, ratio %v; want 300ms, 7, 3", c.slowThreshold, c.maxEndpoints, c.baseline.Ratio)
	}
	if c, err = newConfig([]Option{WithSlowThreshold(time.Second)}); err != nil || c.slowThreshold != time.Second {
		t.Errorf("threshold %v, %v; want that of the option", c.slowThreshold, err)
	}
}

func TestEnvironmentThatIsWrong(t *testing.T) {
	for _, v := range envVars() {
		t.Run(v.name, func(t *testing.T) {
			t.Setenv(v.name, "\x01/no/such/")
			_, err := newConfig(nil)
			if !errors.Is(err, ErrConfig) {
				t.Fatalf("got %v, want ErrConfig", err)
			}
		})
	}
	t.Setenv("OTELPERF_SLOW_THRESHOLD", "-1s")
	t.Setenv("OTELPERF_REQUEST_LOG", "2")
	_, err := newConfig([]Option{WithMaxEndpoints(0)})
	for _, part := range []string{"slow threshold", "request log", "max endpoints"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error does not mention %s: %v", part, err)
		}
	}
}
