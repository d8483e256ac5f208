// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/chronicles"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/ranges"
)

// HistoryConfig is where what services did is stored by the minute: a file for each, with which their pages have days and weeks. Without Directory a
// collector knows the last hour.
type HistoryConfig struct {
	// Directory is one that is there. Collectors may share it if they share a State, too: the file of a service that moves goes along. They must not without, since
	// a file is of one process at a time.
	Directory string `mapstructure:"directory"`
	// Keep is for how long hours are stored. 1h to 87600h, default 8760h, which is a year. Minutes are for 48h, ten minutes, incidents and slow requests for 720h, but
	// no longer than Keep.
	Keep time.Duration `mapstructure:"keep"`
	// MaxServices is how many files there are. 1 to 10000, default 200. One more takes the place of the one that nobody has written for the longest time, if that is a
	// day; else its service has no history.
	MaxServices int `mapstructure:"max_services"`
	// MaxServiceMiB is how large a file becomes, in MiB, before what is oldest is left out. 8 to 65536, default 256.
	MaxServiceMiB int `mapstructure:"max_service_mib"`

	_ struct{}
}

const (
	defaultKeep              = 365 * 24 * time.Hour
	defaultHistories         = 200
	defaultMaxHistoryMiB     = 256
	longestKeep              = 3650 * 24 * time.Hour
	leastHistoryMiB, mostMiB = 8, 65_536
)

func (c *HistoryConfig) validate(given bool) error {
	var where error
	if given && c.Directory == "" {
		where = errors.New("history needs directory: it is not set, or empty, as of a variable that is not set")
	}
	return errors.Join(
		where,
		ranges.Within("history::keep", c.Keep, time.Hour, longestKeep),
		ranges.Within("history::max_services", c.MaxServices, 1, 10_000),
		ranges.Within("history::max_service_mib", c.MaxServiceMiB, leastHistoryMiB, mostMiB),
	)
}

// check reports what is wrong with the directory.
func (c *HistoryConfig) check() error {
	if c.Directory == "" {
		return nil
	}
	if err := chronicles.Check(c.Directory); err != nil {
		return fmt.Errorf("history::directory: %w", err)
	}
	return nil
}

// historians are a [chronicles.Book] with its goroutine; nil for none.
type historians struct{ *chronicles.Book }

// newHistorians begins to store what services do, and goes on from s.before; nil for none.
func (s *share) newHistorians(in *instance) *historians {
	c := &in.config.History
	if c.Directory == "" {
		return nil
	}
	h := &historians{chronicles.New(chronicles.Settings{
		Fleet: s.fleet, Directory: c.Directory, Prefix: in.set.ID.String(), Keep: c.Keep, MaxServices: c.MaxServices, MaxBytes: int64(c.MaxServiceMiB) << 20,
		Logger: s.logger, Now: s.book.now, Recover: s.recover,
	}, s.before)}
	if s.book.ticks {
		go h.Run()
	}
	return h
}

// tick has done what is due: later, or at once in tests, whose time does not pass by itself.
func (h *historians) tick(later bool) {
	switch {
	case h == nil:
	case later:
		h.Tick()
	default:
		h.Work()
	}
}

// of is the history of a service; nil for none.
func (h *historians) of(s *fleet.Service) *otelperf.FeedHistory {
	if h == nil {
		return nil
	}
	return h.Of(s)
}

func (h *historians) stats() chronicles.Stats {
	if h == nil {
		return chronicles.Stats{}
	}
	return h.Stats()
}

// close begins to write what is left, and to close the files, within ctx.
func (h *historians) close(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	if h == nil {
		close(done)
		return done
	}
	go func() { done <- h.Close(ctx) }()
	return done
}

// left are the histories that another one with the same id goes on from.
func (s *share) left() *chronicles.Book {
	if s.past == nil {
		return s.before
	}
	return s.past.Book
}
