// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
)

// ErrListen is wrapped by what Run returns when the address cannot be listened at.
var ErrListen = errors.New("cannot listen")

// What the flags accept, in words.
const (
	AcceptedFor     = "0 (until interrupted) or 1s to 24h"
	AcceptedMetrics = "none or stdout"
	AcceptedRate    = "1 to 2000"
	AcceptedSpike   = "with --for 0 or 1m50s and more, --rate 50 and more"
	SpikeLength     = "2m0s" // storyLength
)

const (
	minFor, maxFor   = time.Second, 24 * time.Hour
	minRate, maxRate = 1, 2000
)

// Flags is what a user typed.
type Flags struct {
	Listen, For, Metrics, Rate string
	History                    string // file of a history; "" for none
	Spike                      bool
	ForGiven                   bool // For was typed; otherwise it is storyLength with Spike
}

// DefaultFlags returns the defaults: thirty seconds of 100 requests a second at 127.0.0.1:8080.
func DefaultFlags() Flags {
	return Flags{Listen: "127.0.0.1:8080", For: "30s", Metrics: "none", Rate: "100"}
}

// Config is what Run does.
type Config struct {
	Listen  string        // host:port; port 0 takes any free one
	For     time.Duration // 0: until interrupted
	Metrics bool          // export metrics to standard output
	Rate    int           // requests a second on average
	Spike   bool          // tell the story of a spike
	History string        // file of a history; "" for none

	Slack time.Duration // what replies and the end of the run may take longer, where a machine is busy
}

// Config reads the flags. Its error names each flag that it refuses, and what is accepted.
func (f Flags) Config() (Config, error) {
	c := Config{Listen: f.Listen, Metrics: f.Metrics == "stdout", Spike: f.Spike, History: f.History}
	if f.Spike && !f.ForGiven {
		f.For = storyLength.String()
	}
	var errs []error
	refuse := func(flag, value, accepted string) {
		errs = append(errs, fmt.Errorf("--%s is %.40q, accepted: %s", flag, value, accepted))
	}
	if !validAddress(f.Listen) {
		refuse("listen", f.Listen, "HOST:PORT, such as 127.0.0.1:8080; port 0 takes any free one")
	}
	var err error
	var ok bool
	if c.For, ok = when.Duration(f.For); !ok || c.For != 0 && (c.For < minFor || c.For > maxFor) {
		refuse("for", f.For, AcceptedFor)
	}
	if f.Metrics != "none" && f.Metrics != "stdout" {
		refuse("metrics", f.Metrics, AcceptedMetrics)
	}
	if c.Rate, err = strconv.Atoi(f.Rate); err != nil || c.Rate < minRate || c.Rate > maxRate {
		refuse("rate", f.Rate, AcceptedRate)
	}
	if c.Spike && len(errs) == 0 && (c.For != 0 && c.For < storyLength-10*time.Second || c.Rate < 50) {
		errs = append(errs, fmt.Errorf("--spike goes %s; --for is %v, --rate is %d", AcceptedSpike, c.For, c.Rate))
	}
	return c, errors.Join(errs...)
}

func validAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// linesPerSecond is about how many request lines a person can follow.
const linesPerSecond = 2

// lineShare is the share of the requests that get a line.
func (c Config) lineShare() float64 { return min(1, linesPerSecond/float64(c.Rate)) }

// progressEvery is the time between two lines of progress: a quarter of the run, 1s to 10s.
func (c Config) progressEvery() time.Duration {
	if c.For == 0 {
		return 10 * time.Second
	}
	return min(max(c.For/4, time.Second), 10*time.Second)
}
