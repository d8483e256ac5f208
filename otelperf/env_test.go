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
	for _, part := range []string{"OTELPERF_SLOW_THRESHOLD", "OTELPERF_REQUEST_LOG", "max endpoints"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error does not mention %s: %v", part, err)
		}
	}
}

// A value that is out of its range, or that would mean "not said", is refused under the name of its variable.
func TestEnvironmentOutOfRange(t *testing.T) {
	for name, values := range map[string][]string{
		"OTELPERF_RATIO": {"0", "-0", "0.5", "1e9"}, "OTELPERF_COOLDOWN": {"0", "0s", "-1s", "25h"}, "OTELPERF_MAX_ENDPOINTS": {"0", "99999"},
		"OTELPERF_RESCUE_RATE": {"5000", "-1"}, "OTELPERF_REQUEST_LOG": {"2", "NaN"}, "OTELPERF_BEARER_TOKEN": {"short"},
	} {
		for _, value := range values {
			t.Run(name+"="+value, func(t *testing.T) {
				t.Setenv(name, value)
				c, err := newConfig(nil)
				if !errors.Is(err, ErrConfig) || len(c.errs) != 1 || !strings.Contains(err.Error(), name) {
					t.Errorf("got %v, want one ErrConfig that names the variable", err)
				}
				if strings.Contains(err.Error(), "short") {
					t.Errorf("%q shows the token", err)
				}
			})
		}
	}
}
