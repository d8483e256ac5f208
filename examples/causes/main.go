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
)

func main() {
	if asChild() {
		return
	}
	var b bench
	words := flag.String("run", "", "only faults whose names have one of these `words`, separated by commas")
	flag.IntVar(&b.rounds, "rounds", 1, "how often each fault is injected")
	flag.Uint64Var(&b.seed, "seed", 1, "of the first round; each has another")
	flag.StringVar(&b.usual, "usual", "", "`file` with what is usual, which is learned where there is none; empty: it is learned anew")
	flag.StringVar(&b.traces, "traces", "", "`directory` to write execution traces to, for go tool trace")
	flag.BoolVar(&b.verbose, "v", false, "print the parts of requests that are not as they should be")
	flag.Parse()
	b.words = strings.Split(*words, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	all, err := b.run(ctx)
	writeTable(os.Stdout, all)
	if err != nil {
		fail(err)
	}
}

// learns is for how long a shop learns what is usual.
const learns = 75 * time.Second

// bench injects faults, one after the other.
type bench struct {
	words   []string
	rounds  int
	seed    uint64
	usual   string
	traces  string
	verbose bool
}

// run returns what came of the runs that were made, also with an error.
func (b *bench) run(ctx context.Context) (all []*result, err error) {
	dir, err := os.MkdirTemp("", "causes")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	usual := b.usual
	if usual == "" {
		usual = filepath.Join(dir, "usual.state")
	}
	if _, err := os.Stat(usual); err != nil {
		progress("learning what is usual: %v", learns)
		if err := learn(ctx, usual, learns); err != nil {
			return nil, err
		}
	}
	for round := range b.rounds {
		for i := range scenarios {
			s := &scenarios[i]
			if !b.wants(s) {
				continue
			}
			r, err := (&trial{scenario: s, seed: b.seed + uint64(round), dir: dir, usual: usual, traces: b.traces}).run(ctx)
			if err != nil {
				return all, fmt.Errorf("%s: %w", s, err)
			}
			all = append(all, r)
			progress("%-24s first %-5v requests %3d of %3d, explained %3.0f %%, spike after %4.1f s, cause after %4.1f s; load %s: %s",
				s, r.first, r.right, r.slow, 100*r.explained, r.found.Seconds(), r.named.Seconds(), machineLoad(), functions(r.said))
			if b.verbose {
				r.details()
			}
		}
	}
	return all, nil
}

// wants reports whether a scenario is to be run, and can be.
func (b *bench) wants(s *scenario) bool {
	if !slices.ContainsFunc(b.words, func(w string) bool { return strings.Contains(s.String(), w) }) {
		return false
	}
	if s.faults.quota > 0 && !mayLimit() {
		progress("%-24s left out: no CPU quota can be set here", s)
		return false
	}
	return true
}

// machineLoad is the machine's load of the last minute, where the system says it: others use its CPUs, too.
func machineLoad() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// details prints what was recorded, and requests that are not as they should be.
func (res *result) details() {
	for _, e := range res.endpoints {
		progress("    %s: %d slow of %v, %d normal of %v, explained %.2f", e.Name, e.Slow, short(e.SlowNanos), e.Normal, short(e.NormalNanos), e.Explained)
		for _, c := range e.Causes {
			progress("        %s", c.Sentence())
		}
		for _, t := range res.truth {
			if t.endpoint != e.Name {
				continue
			}
			for _, q := range e.Requests {
				if len(q.Parts) == 0 || res.isRight(e.Name, &q.Parts[0]) {
					continue
				}
				progress("        a request of %v:", short(q.Nanos))
				for _, p := range q.Parts[:min(3, len(q.Parts))] {
					progress("            %v, %.0f times: %v", short(p.Nanos), p.Times, p.Reason)
				}
			}
		}
	}
}

func short(nanos int64) time.Duration { return time.Duration(nanos).Round(time.Millisecond) }

// progress tells a person who waits what goes on.
func progress(format string, args ...any) { _, _ = fmt.Fprintf(os.Stderr, format+"\n", args...) }
