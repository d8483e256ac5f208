// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Store is where batches are. All its methods are safe for concurrent use, and return soon after their context ends.
type Store interface {
	// Append adds a batch of a minute: all of it, or after an error nothing, unless the error leaves that open. What is appended to a minute
	// that is there already is added up, or see Batch.Origin. Of an incident, a request and a mark that is there already, by its id, the new
	// one takes the place.
	Append(ctx context.Context, b *Batch) error
	// Range yields what was stored, in the order of time: one batch for each step in which there was anything. An error that wraps
	// ErrDamaged stands for a part that could not be read, and what follows comes after it; any other one is the last. The batches are the
	// receiver's to keep. The store must not be closed or appended to from within the loop.
	Range(ctx context.Context, q Query) iter.Seq2[*Batch, error]
	// Close ends the store's work. Afterwards Append and Range report ErrClosed.
	Close() error
}

// What is the matter with a store. Errors of stores wrap one of these, or what the system said.
var (
	ErrClosed  = errors.New("otelperf: history: the store is closed")
	ErrLocked  = errors.New("otelperf: history: another process has the store")
	ErrNewer   = errors.New("otelperf: history: the store is of a newer version")
	ErrDamaged = errors.New("otelperf: history: damaged")
)

// Part is a part of a batch.
type Part uint8

// The parts there are. Incidents are in the batch of their start, requests in that of their end, the state in that with which it came.
const (
	Rows Part = iota
	Signals
	Incidents
	Requests
	Marks
	States
	numParts
)

// MaxSteps is how many steps a query may cover: a week of minutes.
const MaxSteps = 7 * 24 * 60

// Query asks for one part of what was stored in a time.
type Query struct {
	What     Part      // that is wanted; Rows by default
	From, To time.Time // the time: From is included, To is not
	// Step is how long the batches of rows and signals are to be: Minute (the default), TenMinutes or Hour. Where steps so short are not
	// stored any more they are longer. Where From or To is amid a step, shorter ones are there for what is left, if they are stored.
	Step time.Duration
	// Endpoint, if not nil, is the only one whose rows and requests are wanted.
	Endpoint *conventions.Endpoint
}

// ErrQuery is wrapped by the error of a query that cannot be answered.
var ErrQuery = errors.New("otelperf: history: query")

// Validate returns nil for a query that can be answered. Else the error wraps ErrQuery and names the field.
func (q *Query) Validate() error {
	var errs []error
	bad := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrQuery}, args...)...))
		}
	}
	bad(q.What >= numParts, "What is %d, accepted are Rows to States", q.What)
	bad(!q.From.Before(q.To), "From is %v and To %v, accepted is a From before To", q.From, q.To)
	bad(q.From.Unix() < 0 || q.To.Unix() > maxUnix, "From is %v and To %v, accepted are 1970 to 2105", q.From, q.To)
	switch q.Step {
	case 0, Minute, TenMinutes, Hour:
		n := q.To.Sub(q.From) / max(q.Step, Minute)
		bad(n > MaxSteps && q.What <= Signals, "From to To is %d steps, accepted are %d: fewer days or a longer Step", n, MaxSteps)
	default:
		bad(true, "Step is %v, accepted are a minute, ten minutes and an hour", q.Step)
	}
	return errors.Join(errs...)
}

// Retention is for how long things are stored. A field of 0 has its default.
type Retention struct {
	Minutes    time.Duration // 1 h to 1 year, 48 h by default
	TenMinutes time.Duration // at least Minutes, at most 2 years, 30 days by default
	Hours      time.Duration // at least TenMinutes, at most 10 years, 365 days by default
	Events     time.Duration // incidents, requests and marks: 1 h to 10 years, 30 days by default
}

const day = 24 * time.Hour

// WithDefaults returns r with its defaults filled in, or an error that names what is out of range.
func (r Retention) WithDefaults() (Retention, error) {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&r.Minutes, 2*day)
	set(&r.TenMinutes, max(30*day, r.Minutes))
	set(&r.Hours, max(365*day, r.TenMinutes))
	set(&r.Events, 30*day)
	var errs []error
	within := func(name string, d, least, most time.Duration) {
		if d < least || d > most {
			errs = append(errs, fmt.Errorf("otelperf: history: retention: %s is %v, accepted are %v to %v", name, d, least, most))
		}
	}
	within("Minutes", r.Minutes, time.Hour, 365*day)
	within("TenMinutes", r.TenMinutes, r.Minutes, 730*day)
	within("Hours", r.Hours, r.TenMinutes, 3650*day)
	within("Events", r.Events, time.Hour, 3650*day)
	return r, errors.Join(errs...)
}
