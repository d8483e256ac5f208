// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

func main() {
	if asChild() {
		return
	}
	words := flag.String("run", "", "only faults whose names have one of these `words`, separated by commas")
	rounds := flag.Int("rounds", 1, "how often each fault is injected")
	seed := flag.Uint64("seed", 1, "of the first round")
	usual := flag.String("usual", "", "`file` with what is usual, which is learned where there is none; empty: it is learned anew")
	verbose := flag.Bool("v", false, "print the parts of requests that are not as they should be")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *words, *rounds, *seed, *usual, *verbose); err != nil {
		fail(err)
	}
}

const learns = 75 * time.Second

func bench(ctx context.Context, words string, rounds int, seed uint64, usual string, verbose bool) error {
	dir, err := os.MkdirTemp("", "causes")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	learned := filepath.Join(dir, "usual.state")
	if usual != "" {
		learned = usual
	}
	if _, err := os.Stat(learned); err != nil {
		progress("learning what is usual: %v", learns)
		if err := learn(ctx, learned, learns); err != nil {
			return err
		}
	}
	for round := range rounds {
		for i := range scenarios {
			s := &scenarios[i]
			if !slices.ContainsFunc(strings.Split(words, ","), func(w string) bool { return strings.Contains(s.String(), w) }) {
				continue
			}
			if s.faults.quota > 0 && !mayLimit() {
				progress("%-24s left out: no CPU quota can be set here", s)
				continue
			}
			r, err := run(ctx, s, seed+uint64(round), learned)
			if err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			progress("%-24s first %-5v %v requests %3d of %3d, explained %3.0f %%, found %4.1f s, named %4.1f s, %s", s, r.first, r.recorded, r.right, r.slow, 100*r.explained, r.found.Seconds(), r.named.Seconds(), functions(r.said))
			if verbose {
				details(r)
			}
		}
	}
	return nil
}

func details(r *result) {
	for _, e := range r.endpoints {
		progress("    %s: %d slow of %v, %d normal of %v, explained %.2f", e.Name, e.Slow, time.Duration(e.SlowNanos).Round(time.Millisecond), e.Normal, time.Duration(e.NormalNanos).Round(time.Millisecond), e.Explained)
		for _, c := range e.Causes {
			progress("        %s %+v", c.Sentence(), c.Reason)
		}
		for i := range r.truth {
			if r.truth[i].endpoint != e.Name {
				continue
			}
			n := 0
			for _, q := range e.Requests {
				if n > 5 || len(q.Parts) > 0 && r.truth[i].right(q.Parts[0].Reason, q.Parts[0].Times) {
					continue
				}
				n++
				progress("        of %v:", time.Duration(q.Nanos).Round(time.Millisecond))
				for _, p := range q.Parts[:min(3, len(q.Parts))] {
					progress("            %v %.1f %+v", time.Duration(p.Nanos).Round(time.Millisecond), p.Times, p.Reason)
				}
			}
		}
	}
}

var _ causes.State

// progress tells a person who waits what goes on.
func progress(format string, args ...any) { _, _ = fmt.Fprintf(os.Stderr, format+"\n", args...) }
