// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/export"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/outfile"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// exportFlags are the flags of history export.
type exportFlags struct {
	service        serviceFlags
	parquet, csv   bool
	output         string
	force          bool
	progress       bool
	what, step     string
	from, to, span string
}

const longestExport = 3660 * 24 * time.Hour

func newHistoryExport() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export FILE|URL",
		Short: "Write what was stored as Parquet or CSV",
		Long: `Writes what was stored as a table, for a notebook or a spreadsheet. What there is:

  endpoints  a row for each endpoint, job or dependency and step of time: requests by outcome, quantiles, sum, shortest and longest, and the
             histogram, which can be added up: histogram_counts[i] durations are in (2^((histogram_offset+i)/2^histogram_scale),
             2^((histogram_offset+i+1)/2^histogram_scale)] seconds, so that quantiles of any time and of several endpoints can be had
  incidents  those that began in the time, with cause and cost, and all of each as JSON
  requests   slow and failed ones; from a file with where their time went, as JSON
  signals    of the runtime, the operating system and pools, by the step; of a file alone
  marks      deployments, versions, restarts and changes of the configuration

Without --from, --to and --for it is the last 24 hours. Endpoints and signals have the whole steps that hold the time, of a start or a restart,
too: step_seconds is how long a step is, and not how much of it a process ran. Times without a zone are local, those in the table are UTC; durations are
milliseconds. CSV has the rules of RFC 4180, in UTF-8 without a byte order mark, which the page's downloads have for spreadsheets: Excel has
to be given UTF-8 as the encoding. Text that a spreadsheet would take for a formula begins with an apostrophe.

` + sourceHelp + ` A service is asked once for each step: many short ones take their time.`,
		Example: `  otelperf history export shop.db --parquet -o shop.parquet
  otelperf history export shop.db --csv --what incidents --for 30d > incidents.csv
  otelperf history export http://localhost:8080 --csv --from "yesterday 14:00" --for 30m --step minute`,
		Args: oneSource,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.service.add(cmd, false)
	flags := cmd.Flags()
	flags.BoolVar(&f.parquet, "parquet", false, "write Parquet, compressed by Zstandard")
	flags.BoolVar(&f.csv, "csv", false, "write CSV")
	flags.StringVarP(&f.output, "output", "o", "-", "`file` to be written, whose ending .parquet or .csv says the format, too; - is standard output")
	flags.BoolVar(&f.force, "force", false, "replace the file if there is one, unless that is a history or a state file")
	flags.BoolVar(&f.progress, "progress", false, "say how far it is on standard error also when that is no terminal")
	flags.StringVar(&f.what, "what", "endpoints", "`table` to be written: "+strings.Join(export.Names, ", "))
	flags.StringVar(&f.from, "from", "", "`time` of the beginning: "+when.Accepted)
	flags.StringVar(&f.to, "to", "", "`time` of the end, as --from (default now)")
	flags.StringVar(&f.span, "for", "", "`duration` from --from on or up to --to, 1m to 3660d (default 24h)")
	flags.StringVar(&f.step, "step", "", "`step` of endpoints and signals: "+acceptedSteps+"; longer where it is stored so by now "+
		"(default the shortest that all of the time is stored in, and of a service hour beyond 48h, minute up to 3h)")
	return cmd
}

func (f *exportFlags) run(cmd *cobra.Command, arg string) error {
	now := time.Now()
	c := export.Config{What: f.what, Output: f.output, Force: f.force, Stdout: cmd.OutOrStdout(), Progress: progressOn(cmd, f.progress)}
	var err error
	if !slices.Contains(export.Names, f.what) {
		return usagef("--what is %q, accepted: %s", plain.Clip(f.what, 20), strings.Join(export.Names, ", "))
	}
	if c.Format, err = f.format(cmd); err != nil {
		return err
	}
	if c.From, c.To, err = f.time(now); err != nil {
		return err
	}
	noteTime(cmd, "--from", f.from, now)
	noteTime(cmd, "--to", f.to, now)
	if c.Step, err = f.stepOf(isURL(arg), now.Sub(c.From), c.To.Sub(c.From)); err != nil {
		return err
	}
	if !isURL(arg) {
		c.Input = arg
	}
	if err := outfile.MayWrite(c.Output, c.Input, f.force); err != nil { // before the history is copied
		return usageError{err}
	}
	return withHistory(cmd.Context(), &f.service, arg, func(src export.Source, _ *bolt.Store) error {
		c.Source = src
		r, err := export.Run(cmd.Context(), c)
		switch {
		case errors.Is(err, outfile.ErrRefused) || errors.Is(err, export.ErrNotGiven):
			return usageError{err}
		case err != nil:
			return err
		}
		if err := f.report(cmd, &c, &r); err != nil {
			return err
		}
		texts := make([]string, len(r.LeftOut))
		for i := range r.LeftOut {
			texts[i] = r.LeftOut[i].Error()
		}
		return partly(cmd, texts, r.More)
	})
}

// report says what was written, beside it.
func (f *exportFlags) report(cmd *cobra.Command, c *export.Config, r *export.Result) error {
	span := fmt.Sprintf("from %s to %s", local(c.From), local(c.To))
	if r.Rows == 0 {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "nothing of %s is stored %s\n", c.What, span)
	}
	if c.Output == "-" {
		return nil
	}
	return writeText(cmd.OutOrStdout(), fmt.Sprintf("%s: %s of %s %s, %d KiB\n",
		plain.Clip(c.Output, 200), plain.Plural(r.Rows, "row"), c.What, span, (r.Bytes+1023)/1024))
}

// local is a time in the zone of this machine, with that.
func local(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }

func (f *exportFlags) format(cmd *cobra.Command) (export.Format, error) {
	ending := strings.ToLower(f.output)
	switch parquet, csv := f.parquet, f.csv; {
	case parquet && csv:
		return "", usagef("--parquet and --csv do not go together")
	case parquet && strings.HasSuffix(ending, ".csv"), csv && strings.HasSuffix(ending, ".parquet"):
		return "", usagef("-o %s and %s do not go together: give the ending that the format has, or no flag", plain.Clip(f.output, 200),
			map[bool]string{true: "--parquet", false: "--csv"}[parquet])
	case csv, !parquet && strings.HasSuffix(ending, ".csv"):
		return export.CSV, nil
	case parquet, strings.HasSuffix(ending, ".parquet"):
		if f.output == "-" && isTerminal(cmd.OutOrStdout()) {
			return "", usagef("Parquet is nothing for a terminal: -o FILE writes a file, or see --csv")
		}
		return export.Parquet, nil
	}
	return "", usagef("--parquet or --csv is missing")
}

// time is that of the flags, in whole minutes.
func (f *exportFlags) time(now time.Time) (from, to time.Time, err error) {
	span, ok := when.Duration(cmp.Or(f.span, "24h"))
	switch {
	case !ok || span < time.Minute || span > longestExport:
		return from, to, usagef("--for is %q, accepted: 1m to 3660d", plain.Clip(f.span, 20))
	case f.from != "" && f.to != "" && f.span != "":
		return from, to, usagef("--from, --to and --for do not go together: two of them say it all")
	}
	to = now
	if f.to != "" {
		if to, err = when.Parse(f.to, now); err != nil {
			return from, to, usagef("--to %v", err)
		}
	}
	from = to.Add(-span)
	if f.from != "" {
		if from, err = when.Parse(f.from, now); err != nil {
			return from, to, usagef("--from %v", err)
		}
		if f.span != "" {
			to = from.Add(span)
		}
	}
	tooLong := to.Sub(from) > longestExport // as given: whole minutes may be up to two more
	from, to = from.Truncate(time.Minute), to.Add(time.Minute-1).Truncate(time.Minute)
	if !from.Before(to) || tooLong {
		return from, to, usagef("--from is %s and --to %s, accepted: a beginning before the end, at most 3660d", local(from), local(to))
	}
	return from, to, nil
}

const acceptedSteps = "minute, ten-minutes, hour"

// stepOf is that of the flag, or by how long ago the beginning is, and of a service by how much there is to ask.
func (f *exportFlags) stepOf(service bool, ago, span time.Duration) (time.Duration, error) {
	rows := f.what == "endpoints" || f.what == "signals"
	switch f.step {
	case "minute", "ten-minutes", "hour":
		if !rows {
			return 0, usagef("--step goes with --what endpoints and signals")
		}
		return map[string]time.Duration{"minute": history.Minute, "ten-minutes": history.TenMinutes, "hour": history.Hour}[f.step], nil
	case "":
	default:
		return 0, usagef("--step is %q, accepted: %s", plain.Clip(f.step, 20), acceptedSteps)
	}
	minutes, tens := 48*time.Hour, 30*24*time.Hour
	if service && rows {
		ago, minutes, tens = max(span, ago-minutes), 3*time.Hour, 48*time.Hour
	}
	switch {
	case ago <= minutes:
		return history.Minute, nil
	case ago <= tens:
		return history.TenMinutes, nil
	}
	return history.Hour, nil
}

// progressOn says on standard error how far it is, where it takes long: to who looks at it, or always.
func progressOn(cmd *cobra.Command, always bool) func(share float64, rows int) {
	if !always && !isTerminal(cmd.ErrOrStderr()) {
		return nil
	}
	const pause = 3 * time.Second
	last := time.Now()
	return func(share float64, rows int) {
		if time.Since(last) < pause {
			return
		}
		last = time.Now()
		_, _ = io.WriteString(cmd.ErrOrStderr(), fmt.Sprintf("%s: %.0f %%, %s\n", cmd.CommandPath(), 100*min(max(share, 0), 1), plain.Plural(rows, "row")))
	}
}
