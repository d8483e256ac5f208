// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// envVar is a variable of the environment that stands for an option. An option that is given wins.
type envVar struct {
	name     string
	accepted string // in words
	text     string // the option that it stands for, and the default
	apply    func(c *config, value string) error
	secret   bool // not to be shown
}

// Environment returns the variables that New reads, besides OTEL_SDK_DISABLED and what the OpenTelemetry SDK reads itself: the name of
// each, what it may be, and which option it stands for with which default. An option that is given wins over its variable.
func Environment() (vars [][3]string) {
	for _, v := range envVars() {
		vars = append(vars, [3]string{v.name, v.accepted, v.text})
	}
	return vars
}

func envVars() []envVar {
	return []envVar{
		{"OTELPERF_DISABLED", "true, false", "switches otelperf off; default false", disable, false},
		{"OTELPERF_SLOW_THRESHOLD", "a duration above 0, such as 300ms", "WithSlowThreshold; default 500ms", duration(WithSlowThreshold), false},
		{"OTELPERF_MAX_ENDPOINTS", "1 to 10000", "WithMaxEndpoints; default 500", whole(WithMaxEndpoints), false},
		{"OTELPERF_REQUEST_LOG", "0 to 1", "WithRequestLog; default 0", decimal(WithRequestLog), false},
		{"OTELPERF_STATE_FILE", "a path", "WithStateFile; default none", text(WithStateFile), false},
		{"OTELPERF_BUNDLE_DIR", "a directory", "WithBundleDir; default none", text(WithBundleDir), false},
		{"OTELPERF_BEARER_TOKEN", "16 bytes or more", "WithBearerToken; default: this machine only", text(WithBearerToken), true},
		{"OTELPERF_RATIO", "1.2 to 100", "ratio of WithBaseline; default 2", decimal(withRatio), false},
		{"OTELPERF_COOLDOWN", "1ms to 24h", "cooldown of WithBaseline; default 5m", duration(withCooldown), false},
		{"OTELPERF_RESCUE_RATE", "0 to 1000", "requests a second that are rescued; default 5", decimal(withRescueRate), false},
		{"OTELPERF_SAMPLER_MODE", "all, roots or suspects", "what Sampler records of unsampled traces; default all", samplerMode, false},
	}
}

// readEnv applies the variables that are set. What is wrong with them is refused like an option.
func (c *config) readEnv() {
	if strings.EqualFold(strings.TrimSpace(os.Getenv(sdkDisabled)), "true") {
		defer func() { c.disabled = sdkDisabled }() // it counts before ours
	}
	for _, v := range envVars() {
		value := strings.TrimSpace(os.Getenv(v.name))
		if value == "" {
			continue
		}
		alone := defaultConfig()
		if err := v.apply(&alone, value); err != nil || len(alone.errs) > 0 || alone.baseline.Validate() != nil {
			shown := value
			if v.secret {
				shown = fmt.Sprintf("of %d bytes", len(value))
			}
			c.refuse("%s is %.40q, accepted: %s", v.name, shown, v.accepted)
			continue
		}
		_ = v.apply(c, value) // it has just worked
	}
}

// sdkDisabled is the variable that switches the whole SDK off. By the OpenTelemetry specification it does so with "true" in any case;
// all else is no.
const sdkDisabled = "OTEL_SDK_DISABLED"

func disable(c *config, value string) error {
	switch strings.ToLower(value) {
	case "true":
		c.disabled = "OTELPERF_DISABLED"
	case "false":
	default:
		return errors.New("neither true nor false")
	}
	return nil
}

type applier = func(*config, string) error

func duration(option func(time.Duration) Option) applier {
	return func(c *config, value string) error {
		d, err := time.ParseDuration(value)
		if err == nil {
			option(d).apply(c)
		}
		return err
	}
}

func whole(option func(int) Option) applier {
	return func(c *config, value string) error {
		n, err := strconv.Atoi(value)
		if err == nil {
			option(n).apply(c)
		}
		return err
	}
}

func decimal(option func(float64) Option) applier {
	return func(c *config, value string) error {
		x, err := strconv.ParseFloat(value, 64)
		if err == nil {
			option(x).apply(c)
		}
		return err
	}
}

func text(option func(string) Option) applier {
	return func(c *config, value string) error {
		option(value).apply(c)
		return nil
	}
}

func withRatio(x float64) Option {
	return optionFunc(func(c *config) {
		if x == 0 { // which in a Config means that nothing is said
			c.refuse("baseline ratio is 0")
		}
		c.baseline.Ratio = x
	})
}

func withCooldown(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d == 0 { // which in a Config means that nothing is said
			c.refuse("baseline cooldown is 0")
		}
		c.baseline.Cooldown = d
	})
}

func withRescueRate(x float64) Option {
	return WithProcessorOptions(spikeprocessor.WithRescue(x, 0))
}

func samplerMode(c *config, value string) error {
	modes := map[string]spikeprocessor.SamplerMode{
		"all": spikeprocessor.RecordAll, "roots": spikeprocessor.RecordRoots, "suspects": spikeprocessor.RecordSuspects,
	}
	mode, ok := modes[value]
	if !ok {
		return fmt.Errorf("no mode is called %q", value)
	}
	WithProcessorOptions(spikeprocessor.WithSamplerMode(mode)).apply(c)
	return nil
}
