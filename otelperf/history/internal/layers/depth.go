// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"errors"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/compact"
)

// Seconds and minutes of steps.
const (
	MinuteSeconds = 60
	HourSeconds   = 3600
	HourMinutes   = 60
	hourTens      = 6
	tenMinutes    = 10
)

// Depth is how finely an hour is known.
type Depth int

// The depths there are.
const (
	ByHour Depth = iota
	ByTenMinutes
	ByMinute
	NumDepths
)

// steps is how many steps an hour has at a depth.
func (d Depth) steps() int {
	return [...]int{ByHour: 1, ByTenMinutes: hourTens, ByMinute: HourMinutes}[d]
}

// length is how long a step is.
func (d Depth) length() time.Duration { return time.Hour / time.Duration(d.steps()) }

// Stored is what a store has of an hour, or of a part of its endpoints; what is nil it does not have.
type Stored struct {
	Rows    [NumDepths][]byte
	Signals [NumDepths][]byte
	Recent  []Recent // that were not put into layers yet
}

// Recent is a minute of one instance.
type Recent struct {
	Minute        int64 // since 1970
	Rows, Signals []byte
}

// damaged says that bytes are not what they should be.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{history.ErrDamaged}, args...)...)
}

func hourTime(at int64) time.Time { return time.Unix(at*HourSeconds, 0).UTC() }

// ofHour says of which hour an error is.
func ofHour(at int64, err error) error {
	if err == nil {
		return nil
	}
	from := hourTime(at)
	return fmt.Errorf("%s to %s: %w", from.Format("2006-01-02 15:04"), from.Add(time.Hour).Format("15:04 MST"), err)
}

// frameError has what is wrong with a frame wrap an error of the history.
func frameError(err error) error {
	switch {
	case errors.Is(err, compact.ErrDamaged):
		return fmt.Errorf("%w: %w", history.ErrDamaged, err)
	case errors.Is(err, compact.ErrNewer): // one part is, by what a newer program has added: the rest can be read
		return fmt.Errorf("%w: %w", history.ErrDamaged, err)
	default:
		return err
	}
}
