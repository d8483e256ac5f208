// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/gate"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// checkFlags is what a user typed.
type checkFlags struct {
	serviceFlags
	p95, p99, errorRate string
	limits              gate.Limits
	asJSON              bool
}

func newCheck() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:   "check URL [URL...]",
		Short: "Compare a service with limits, for CI and before a deployment goes on",
		Long: `Compares every endpoint of a service, or those that --endpoint names, with limits, each endpoint by itself. Several
URLs are taken for instances and judged together.

Exit status: 0 when all limits hold; 1 when one is broken; 2 when it cannot tell: nobody answers, otelperf is switched
off or stalled there, there are too few requests, all requests are streams, which have no duration, or, for --no-spike,
an endpoint is still learning what is usual, or is in the grace after a restart or a silence, or, for --objective, there
is none, or no request of one. What was not measured never passes.
Each broken limit is a line that begins with FAIL, each thing that cannot be told one with UNKNOWN, each endpoint that
is left out one with skip. With --json it is one object, also where a flag is wrong or nobody answers: status (ok, fail,
unknown), exit_status, window, and the lines in the lists fail, unknown, skip and ok.
An endpoint with fewer requests than --min-requests is left out, but of each --endpoint at least one must have them.

` + urlHelp,
		Example: `  otelperf check localhost:8080 --max-p99 500ms --max-error-rate 1% --no-spike --min-requests 100
  otelperf check localhost:8080 --max-p95 80ms --endpoint 'GET /users/{id}' --endpoint '* /orders*'
  otelperf check localhost:8080 --objective --json`,
		Args: someURLs,
		RunE: func(cmd *cobra.Command, urls []string) error {
			if err := flags.parse(); err != nil {
				return err
			}
			answers, err := flags.poll(cmd.Context(), urls, fleet.Ask{})
			if err != nil {
				return err
			}
			if err := noAnswers(answers); err != nil && !flags.asJSON { // as JSON that is a verdict
				return err
			}
			return flags.writeVerdict(cmd.OutOrStdout(), gate.Judge(fleet.Merge(answers), &flags.limits))
		},
	}
	flags.add(cmd, true)
	f := cmd.Flags()
	f.StringVar(&flags.p99, "max-p99", "", "`duration` that p99 may not exceed, such as 500ms")
	f.StringVar(&flags.p95, "max-p95", "", "`duration` that p95 may not exceed")
	f.StringVar(&flags.errorRate, "max-error-rate", "", "`share` of server errors and panics that may not be exceeded, such as 1%")
	f.BoolVar(&flags.limits.NoSpike, "no-spike", false, "no spike may be open")
	f.BoolVar(&flags.limits.AllowMuted, "allow-muted", false, "with --no-spike: spikes that are muted may be open")
	f.StringArrayVar(&flags.limits.Objectives, "objective", nil, "no error budget may burn or be used up, or, as --objective=`NAME`, that one; may be repeated")
	f.Lookup("objective").NoOptDefVal = "*"
	f.Uint64Var(&flags.limits.MinRequests, "min-requests", 100, "`number` of requests in the window that an endpoint needs to be judged, 0 or more")
	f.StringArrayVar(&flags.limits.Endpoints, "endpoint", nil, "`pattern` of METHOD ROUTE to judge, with * for any characters; may be repeated")
	f.BoolVar(&flags.asJSON, "json", false, "write JSON, also where nobody answers")
	return cmd
}

// parse reads the limits, and names all that is wrong with them.
func (f *checkFlags) parse() error {
	var errs []error
	refuse := func(flag, value string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s is %q, accepted: %w", flag, plain.Clip(value, 40), err))
		}
	}
	var err error
	if f.p95 != "" {
		f.limits.P95, err = gate.ParseDuration(f.p95)
		refuse("max-p95", f.p95, err)
	}
	if f.p99 != "" {
		f.limits.P99, err = gate.ParseDuration(f.p99)
		refuse("max-p99", f.p99, err)
	}
	if f.errorRate != "" {
		f.limits.ErrorRate, err = gate.ParseRate(f.errorRate)
		refuse("max-error-rate", f.errorRate, err)
	}
	if len(errs) == 0 {
		errs = append(errs, f.limits.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// verdictJSON is what --json writes.
type verdictJSON struct {
	Status     string   `json:"status"` // ok, fail or unknown
	ExitStatus int      `json:"exit_status"`
	Window     string   `json:"window"`
	Fail       []string `json:"fail"`
	Unknown    []string `json:"unknown"`
	Skip       []string `json:"skip"`
	OK         []string `json:"ok"`
}

// writeVerdict writes all that was found, and returns the error for the exit status.
func (f *checkFlags) writeVerdict(w io.Writer, v gate.Verdict) error {
	out := verdictJSON{"ok", exitOK, f.window, list(v.Breaches), list(v.Unjudged), list(v.Skipped), list(v.Passed)}
	var result error
	switch {
	case len(v.Breaches) > 0:
		out.Status, out.ExitStatus = "fail", exitFailure
		result = fmt.Errorf("%s broken", plural(len(v.Breaches), "limit is", "limits are"))
	case len(v.Unjudged) > 0:
		out.Status, out.ExitStatus = "unknown", exitUsage
		result = usagef("%s", "not all can be told: "+v.Unjudged[0])
	}
	write := out.text
	if f.asJSON {
		write = func(w io.Writer) error { return marshalTo(w, out) }
	}
	if err := write(w); err != nil {
		return err
	}
	return result
}

// text writes a line for everything.
func (out *verdictJSON) text(w io.Writer) error {
	var b strings.Builder
	for _, part := range []struct {
		word  string
		lines []string
	}{{"FAIL", out.Fail}, {"UNKNOWN", out.Unknown}, {"skip", out.Skip}, {"ok", out.OK}} {
		for _, line := range part.lines {
			fmt.Fprintf(&b, "%-7s  %s\n", part.word, line)
		}
	}
	return writeText(w, b.String())
}

// list is never null in JSON.
func list(lines []string) []string { return append([]string{}, lines...) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
