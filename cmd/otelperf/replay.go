// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
)

func newReplay() *cobra.Command {
	flags := replay.DefaultFlags()
	cmd := &cobra.Command{
		Use:   "replay [flags] FILE...",
		Short: "Say what would have alerted in recorded requests",
		Long: `Runs recorded requests through the detector that watches live ones, in their own time, and shows what each
endpoint did and when its latency left its baseline. "-" is standard input, and files may be gzipped. Several files are one
stream in the order of their times, whatever the order in which they are given. Formats:

` + format.Help() + `
or a log format of your own with nginx's variables or Apache's directives, for example
--format '$msec $request_time $status $request'. $duration with --unit, $duration_s, $duration_ms, $duration_us and $duration_ns are
durations; $start_local and $start_iso8601 are times of the start. %D needs --unit: Apache counts in us, Tomcat up to 9 in ms. A line has
to end where the format ends; a variable of no meaning at the end takes the rest. Paths become routes: numbers, UUIDs,
hexadecimal and random segments are shown as {id}.

A number alone says nothing of its unit: then --unit has to. What is not recognised, has no request in it, or has durations below 0 or
above 24 h is never guessed at. The first line says as what a file is read and in which unit its durations are; with --json
that is on standard error, so that all lines are events.

JSON lines are read with --field NAME=KEY: ` + strings.Join(format.FieldNames, ", ") + `, where time is of
completion and start of the start: RFC 3339, or a number since 1970. "a.b" is b in the object a. A duration such as "33ms" names its unit.

Lines may be 10 seconds out of order. Bad lines are reported on standard error and left out, unless --strict is given:
then the first one ends the command with status 2, as does input without any request.

With --json there is one line per event: file, type (spike_started, spike_ended), time, route, p99_ms,
baseline_p99_ms, quantile (the one that fired, 0 to 1), quantile_ms, baseline_quantile_ms, ratio (of these two), reason;
and at the end cost: worst_ms, requests, slow, failed. Of several files, file has the names.`,
		Example: `  otelperf replay --format nginx access.log.gz
  otelperf replay --format json --field time=ts --field duration=took_ms --unit ms --json requests.log`,
		DisableFlagsInUseLine: true,
		Args:                  someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.Config(args)
			if err != nil {
				return usageError{err}
			}
			cfg.Stdin, cfg.Stdout, cfg.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			err = replay.Run(cmd.Context(), cfg)
			if errors.Is(err, replay.ErrInput) {
				return usageError{err}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.Format, "format", flags.Format, "`format` of the files: "+strings.Join(format.Names(), ", ")+", or that of an access log")
	f.StringVar(&flags.Unit, "unit", flags.Unit, "`unit` of durations that do not name theirs: "+format.AcceptedUnits)
	f.StringArrayVar(&flags.Fields, "field", flags.Fields, "`NAME=KEY` of JSON lines: duration=KEY and time=KEY at least")
	f.BoolVar(&flags.JSON, "json", flags.JSON, "print one line of JSON per event")
	f.BoolVar(&flags.Strict, "strict", flags.Strict, "stop at the first bad line")
	f.BoolVar(&flags.Progress, "progress", flags.Progress, "report progress on standard error also when that is no terminal")
	f.StringVar(&flags.Ratio, "ratio", flags.Ratio, "`times` its baseline that p99 has to reach, "+replay.AcceptedRatio)
	f.StringVar(&flags.Weight, "weight", flags.Weight, "`share` of the past that remains in the baseline after ten minutes, "+replay.AcceptedWeight)
	f.StringVar(&flags.Cooldown, "cooldown", flags.Cooldown, "least `duration` between two alerts of an endpoint, "+replay.AcceptedCooldown)
	f.StringVar(&flags.Floor, "floor", flags.Floor, "`duration` below which no request is slow, "+replay.AcceptedFloor)
	f.StringVar(&flags.Grace, "grace", flags.Grace, "`duration` after its first request in which nothing of an endpoint is learned, "+replay.AcceptedGrace)
	return cmd
}

func someFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("a file is missing; - is standard input")
	}
	return nil
}
