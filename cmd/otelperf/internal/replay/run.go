// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
)

// ErrInput is wrapped by what Run returns when the input is at fault: a file that cannot be opened, a format that cannot
// be told, a bad line when Strict is set.
var ErrInput = errors.New("bad input")

// inputError makes an error one of the input.
type inputError struct{ error }

func (e inputError) Is(target error) bool { return target == ErrInput }
func (e inputError) Unwrap() error        { return e.error }

// Run replays all files, one after the other, each with an engine of its own. When ctx ends, it reports what it has
// read by then.
func Run(ctx context.Context, c Config) error {
	for _, name := range c.Files { // rather now than after an hour
		if name == "-" {
			continue
		}
		if info, err := os.Stat(name); err != nil {
			return inputError{err}
		} else if info.IsDir() {
			return inputError{fmt.Errorf("%s is a folder", name)}
		}
	}
	for i, name := range c.Files {
		select {
		case <-ctx.Done():
			return nil // interrupted: what was done stands
		default:
		}
		if i > 0 && !c.JSON {
			_, _ = fmt.Fprintln(c.Stdout)
		}
		if err := runFile(ctx, c, name); err != nil {
			return err
		}
	}
	return nil
}

// run is the replay of one file.
type run struct {
	ctx      context.Context
	in       *input
	timeline *timeline
	problems problems
	progress *progress
	output   output
	handled  uint64
	line     int // of the last request
}

func runFile(ctx context.Context, c Config, name string) error {
	in, err := open(name, c.Stdin)
	if err != nil {
		return inputError{err}
	}
	defer in.close()
	reader, err := format.Open(in.Reader, c.Format)
	if err != nil {
		err = fmt.Errorf("%s: %w", in.name, err)
		if errors.Is(err, format.ErrUnknown) {
			return inputError{err}
		}
		return err
	}
	stdout := bufio.NewWriter(c.Stdout)
	r := &run{
		ctx: ctx, in: in, progress: newProgress(in, c.Stderr, c.Progress),
		problems: problems{file: in.name, to: c.Stderr, strict: c.Strict},
		output:   newOutput(c.JSON, in.base(), stdout),
	}
	if r.timeline, err = newTimeline(c.Baseline, r.output.event); err != nil {
		return inputError{err}
	}
	err = r.read(reader)
	if errors.Is(err, errStrict) {
		return errors.Join(inputError{err}, stdout.Flush())
	}
	return errors.Join(err, r.output.finish(r), stdout.Flush())
}

// errInterrupted ends the reading without being an error.
var errInterrupted = errors.New("interrupted")

// read reads the file to its end. After an error, what came before it counts.
func (r *run) read(from format.Reader) error {
	err := from.Run(r)
	r.progress.done(r.timeline.counts.accepted)
	if errors.Is(err, errStrict) {
		return err
	}
	if errors.Is(err, errInterrupted) {
		err = nil
	}
	if last := r.leftOut(r.timeline.finish()); err == nil {
		err = last
	}
	r.problems.sum()
	switch {
	case err != nil && !errors.Is(err, errStrict):
		return fmt.Errorf("%s: %w", r.in.name, err)
	case err == nil && r.timeline.counts.accepted == 0 && r.problems.n > 0:
		return fmt.Errorf("%s: there is no request in it", r.in.name)
	}
	return err
}
