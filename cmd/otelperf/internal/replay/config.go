// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// What the knobs accept, in words.
const (
	AcceptedRatio    = "1.2 to 100"
	AcceptedWeight   = "0.1 to 0.999"
	AcceptedCooldown = "1ms to 24h"
	AcceptedFloor    = "1ns to 1h"
	AcceptedGrace    = "1ms to 1h"
)

// Flags is what a user typed.
type Flags struct {
	Format, Unit                          string
	Fields                                []string // NAME=KEY
	Ratio, Weight, Cooldown, Floor, Grace string
	JSON, Strict, Progress                bool
}

// DefaultFlags returns the defaults, those of package baseline.
func DefaultFlags() Flags {
	return Flags{Format: format.Auto, Ratio: "2", Weight: "0.9", Cooldown: "5m", Floor: "1ms", Grace: "1m"}
}

// Config is what Run does.
type Config struct {
	Files    []string // "-" is Stdin
	Format   format.Options
	Baseline baseline.Config
	JSON     bool // a line per event instead of a table
	Strict   bool // stop at the first bad line
	Progress bool // also when Stderr is no terminal

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Config reads the flags. Its error names each flag that it refuses, and what is accepted.
func (f Flags) Config(files []string) (Config, error) {
	c := Config{Files: files, Format: format.Options{Format: f.Format}, JSON: f.JSON, Strict: f.Strict, Progress: f.Progress}
	var errs []error
	if err := f.input(&c.Format); err != nil {
		errs = append(errs, err)
	}
	knob := func(flag, value, accepted string, one baseline.Config, err error) {
		if err != nil || one == (baseline.Config{}) || one.Validate() != nil {
			errs = append(errs, fmt.Errorf("--%s is %.40q, accepted: %s", flag, value, accepted))
		}
	}
	b := &c.Baseline
	var err error
	b.Ratio, err = strconv.ParseFloat(f.Ratio, 64)
	knob("ratio", f.Ratio, AcceptedRatio, baseline.Config{Ratio: b.Ratio}, err)
	b.Weight, err = strconv.ParseFloat(f.Weight, 64)
	knob("weight", f.Weight, AcceptedWeight, baseline.Config{Weight: b.Weight}, err)
	b.Cooldown, err = time.ParseDuration(f.Cooldown)
	knob("cooldown", f.Cooldown, AcceptedCooldown, baseline.Config{Cooldown: b.Cooldown}, err)
	b.Floor, err = time.ParseDuration(f.Floor)
	knob("floor", f.Floor, AcceptedFloor, baseline.Config{Floor: b.Floor}, err)
	b.Grace, err = time.ParseDuration(f.Grace)
	knob("grace", f.Grace, AcceptedGrace, baseline.Config{Grace: b.Grace}, err)
	return c, errors.Join(errs...)
}

// input reads the flags that say how the files are to be read.
func (f Flags) input(o *format.Options) error {
	var errs []error
	var err error
	if o.Unit, err = format.ParseUnit(f.Unit); err != nil {
		errs = append(errs, fmt.Errorf("--unit is %.40q, %w", f.Unit, err))
	}
	for _, field := range f.Fields {
		name, key, _ := strings.Cut(field, "=")
		if key == "" {
			errs = append(errs, fmt.Errorf("--field is %.40q, and has to be NAME=KEY", field))
			continue
		}
		if _, twice := o.Fields[name]; twice {
			errs = append(errs, fmt.Errorf("--field has %.40q twice", name))
		}
		if o.Fields == nil {
			o.Fields = map[string]string{}
		}
		o.Fields[name] = key
	}
	return errors.Join(append(errs, o.Check())...)
}
