// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/outfile"
	"github.com/otelperf/otelperf-go/otelperf/history"
)

// Names are those of the tables.
var Names = []string{"endpoints", "incidents", "requests", "signals", "marks"}

// Format is how a table is written.
type Format string

// The formats there are.
const (
	Parquet Format = "parquet"
	CSV     Format = "csv"
)

// Config says what is exported.
type Config struct {
	Source   Source
	What     string // one of Names
	Format   Format
	From, To time.Time     // From included, To not; of rows and signals the whole steps that hold it
	Step     time.Duration // of rows and signals; longer where only longer ones are stored
	Output   string        // the file; "-" for Stdout
	Input    string        // the file that Source reads, which Output may not be; "" for a service
	Force    bool          // a file that is there is replaced
	Stdout   io.Writer
	Progress func(share float64, rows int) // is called after each step of a day
}

// Result is what was written.
type Result struct {
	Rows    int
	Bytes   int64
	LeftOut []error // parts that could not be read; at most ten of them
	More    int     // of these beyond ten
}

// Run writes the table. After an error there is no file.
func Run(ctx context.Context, c Config) (r Result, err error) {
	if c.Output == "-" {
		err = c.write(ctx, c.Stdout, &r)
	} else {
		err = outfile.Write(c.Output, c.Input, c.Force, func(w io.Writer) error { return c.write(ctx, w, &r) })
	}
	return r, err
}

func (c *Config) write(ctx context.Context, w io.Writer, r *Result) error {
	to := &counted{Writer: w}
	defer func() { r.Bytes = to.n }()
	switch c.What {
	case "incidents":
		return write(ctx, c, history.Incidents, to, r, incidentRows)
	case "requests":
		return write(ctx, c, history.Requests, to, r, requestRows)
	case "signals":
		return write(ctx, c, history.Signals, to, r, signalRows)
	case "marks":
		return write(ctx, c, history.Marks, to, r, markRows)
	}
	return write(ctx, c, history.Rows, to, r, endpointRows)
}

// counted counts the bytes that are written.
type counted struct {
	io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

// table is where rows are written to.
type table[R any] interface {
	Write(rows []R) (int, error)
	Close() error
}

func write[R any](ctx context.Context, c *Config, part history.Part, w io.Writer, r *Result, rowsOf func(*history.Batch) []R) (err error) {
	var t table[R] = newParquet[R](w)
	if c.Format == CSV {
		if t, err = newCSV[R](w); err != nil {
			return err
		}
	}
	for b, err := range c.batches(ctx, part, r) {
		switch {
		case err == nil:
			rows := rowsOf(b)
			r.Rows += len(rows)
			if _, err := t.Write(rows); err != nil {
				return err
			}
		case errors.Is(err, history.ErrDamaged) || errors.Is(err, ErrPart):
			r.leave(err)
		default:
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.Close()
}

func (r *Result) leave(err error) {
	const most = 10
	if len(r.LeftOut) < most {
		r.LeftOut = append(r.LeftOut, err)
	} else {
		r.More++
	}
}

const day = 24 * time.Hour

// steps is a time in the whole steps that hold it, and from where on it is asked for: a store yields the steps that begin in a query, and of a long one
// in which the time begins nothing else would be known; a service has it.
func (c *Config) steps(part history.Part) (from, to, ask time.Time) {
	from, to = c.From, c.To
	if part > history.Signals {
		return from, to, from
	}
	step := max(c.Step, history.Minute)
	from, to = from.Truncate(step), to.Add(step-1).Truncate(step)
	if _, is := c.Source.(Service); is {
		return from, to, from
	}
	return from, to, from.Truncate(history.Hour)
}

// batches are those of the time, asked for a day at a time, which is as far as a query of minutes reaches.
func (c *Config) batches(ctx context.Context, part history.Part, r *Result) func(yield func(*history.Batch, error) bool) {
	return func(yield func(*history.Batch, error) bool) {
		begin, end, ask := c.steps(part)
		for from := ask; from.Before(end) && ctx.Err() == nil; {
			to := from.Truncate(day).Add(day)
			if to.After(end) {
				to = end
			}
			for b, err := range c.Source.Range(ctx, history.Query{What: part, From: from, To: to, Step: c.Step}) {
				if b != nil && part <= history.Signals && !b.Time.Add(b.Step).After(begin) {
					continue
				}
				if !yield(b, err) {
					return
				}
				if c.Progress != nil && b != nil {
					c.Progress(float64(b.Time.Sub(c.From))/float64(c.To.Sub(c.From)), r.Rows)
				}
			}
			from = to
		}
	}
}
