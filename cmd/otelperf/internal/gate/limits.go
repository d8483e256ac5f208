// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// Limits are what must hold. Nil is no limit.
type Limits struct {
	P95, P99  *time.Duration
	ErrorRate *float64 // 0 to 1
	NoSpike   bool     // no spike may be open
	// AllowMuted lets spikes be open that are muted.
	AllowMuted bool
	// Objectives are patterns of names, in which "*" stands for any characters: of none may an alert be open, or the budget be used up.
	Objectives []string
	// MinRequests is how many requests an endpoint must have in the window to be judged by the limits above.
	MinRequests uint64
	// Endpoints are patterns of "METHOD ROUTE" in which "*" stands for any characters; none means every endpoint.
	Endpoints []string
}

// maxPatterns and maxPattern bound the patterns and the bytes of each.
const (
	maxPatterns = 100
	maxPattern  = 512
)

// Validate reports all that is wrong.
func (l *Limits) Validate() error {
	var errs []error
	if l.P95 == nil && l.P99 == nil && l.ErrorRate == nil && !l.NoSpike && l.Objectives == nil {
		errs = append(errs, errors.New("nothing to check: give --max-p99, --max-p95, --max-error-rate, --no-spike or --objective"))
	}
	if len(l.Objectives) > maxPatterns {
		errs = append(errs, fmt.Errorf("--objective is given %d times, accepted: at most %d", len(l.Objectives), maxPatterns))
	}
	for _, p := range l.Objectives {
		if p == "" || len(p) > maxPattern {
			errs = append(errs, fmt.Errorf("--objective is %q, accepted: a name of at most %d bytes, with * for any characters", plain.Clip(p, 40), maxPattern))
		}
	}
	if len(l.Endpoints) > maxPatterns {
		errs = append(errs, fmt.Errorf("--endpoint is given %d times, accepted: at most %d", len(l.Endpoints), maxPatterns))
	}
	for _, p := range l.Endpoints {
		if p == "" || len(p) > maxPattern {
			errs = append(errs, fmt.Errorf(`--endpoint is %q, accepted: "METHOD ROUTE" of at most %d bytes, with * for any characters`, plain.Clip(p, 40), maxPattern))
		}
	}
	return errors.Join(errs...)
}

// What the flags accept, in words.
const (
	AcceptedDuration = "a duration above 0 such as 500ms or 1.5s"
	AcceptedRate     = "0% to 100%, or a share below 1 such as 0.01"
)

// ParseDuration reads a limit of a quantile.
func ParseDuration(text string) (*time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return nil, errors.New(AcceptedDuration)
	}
	return &d, nil
}

// ParseRate reads "1%", "0.5 %" or "0.01". "1" could mean either and is refused.
func ParseRate(text string) (*float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f >= 0 && f <= 1) || !percent && f == 1 {
		return nil, errors.New(AcceptedRate)
	}
	return &f, nil
}

// matches tells whether name is what pattern stands for, in which "*" is any run of characters, none included.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, last)
}
