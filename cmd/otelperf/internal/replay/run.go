// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrInput is wrapped by what Run returns when the input is at fault: a file that cannot be opened, a format that cannot
// be told, no request in it, a bad line when Strict is set.
var ErrInput = errors.New("bad input")

// inputError makes an error one of the input.
type inputError struct{ error }

func (e inputError) Is(target error) bool { return target == ErrInput }
func (e inputError) Unwrap() error        { return e.error }

// Run replays all files as one stream, in the order of their times. When ctx ends, it reports what it has read by then.
func Run(ctx context.Context, c Config) error {
	sources, err := openAll(&c)
	defer func() {
		for _, s := range sources {
			s.in.close()
		}
	}()
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil // interrupted: what was done stands
	}
	stdout := bufio.NewWriter(c.Stdout)
	r, err := newRun(ctx, &c, sources, stdout)
	if err != nil {
		return inputError{err}
	}
	if c.JSON {
		r.announce(c.Stderr)
	} else {
		r.announce(stdout)
	}
	err = r.read()
	if errors.Is(err, errStrict) {
		return inputError{err}
	}
	if r.timeline.counts.accepted == 0 {
		return err
	}
	return errors.Join(r.output.finish(r), stdout.Flush(), err)
}

// run is the replay of some files.
type run struct {
	ctx      context.Context
	sources  []*source
	last     *source // of the last request
	timeline *timeline
	progress *progress
	output   output
	handled  uint64
}

func newRun(ctx context.Context, c *Config, sources []*source, to *bufio.Writer) (*run, error) {
	names, bases := make([]string, len(sources)), make([]string, len(sources))
	for i, s := range sources {
		names[i], bases[i] = s.in.name, s.in.base()
	}
	slices.Sort(names) // the same, whatever the order in which they were given
	slices.Sort(bases)
	r := &run{ctx: ctx, sources: sources, output: newOutput(c.JSON, listed(bases), to), progress: newProgress(listed(names), sources, c.Stderr, c.Progress)}
	for _, s := range sources {
		s.run = r
	}
	var err error
	r.timeline, err = newTimeline(c.Baseline, r.output.event)
	return r, err
}

// errInterrupted ends the reading without being an error.
var errInterrupted = errors.New("interrupted")

// read reads the files to their ends. After an error, what came before it counts.
func (r *run) read() error {
	err := r.merge()
	r.progress.done(r.timeline.counts.accepted)
	if errors.Is(err, errStrict) {
		return err
	}
	if errors.Is(err, errInterrupted) {
		err = nil
	}
	if r.last != nil {
		if last := r.last.leftOut(r.timeline.finish()); err == nil {
			err = last
		}
	}
	for _, s := range r.sources {
		s.problems.sum()
		if s.requests == 0 && err == nil && r.ctx.Err() == nil {
			err = inputError{fmt.Errorf("%s: no request was found in it, read as %s", s.in.name, s.reader.About().Format)}
		}
	}
	return err
}
