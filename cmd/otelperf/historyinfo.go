// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/export"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

func newHistoryInfo() *cobra.Command {
	var flags serviceFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info FILE|URL",
		Short: "Say what is stored, of which time, and where there are gaps",
		Long: `Says what a history has stored: from when to when, in which steps, of how many endpoints, how many incidents, requests and marks,
how large the file is, which versions of the service it has seen, and the gaps of a second or more in which no process ran or could write.

Of a file it is what was written. Of a URL it is that and what the service has in memory, too: the last minutes, and slow requests beyond those
that are stored. What could not be read is said on standard error, and the exit status is 1: where it is all of the store, the rest is of memory.

` + sourceHelp,
		Example: `  otelperf history info shop.db
  otelperf history info localhost:8080 --json`,
		Args: oneSource,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHistory(cmd.Context(), &flags, args[0], func(src export.Source, stored *bolt.Store) error {
				var in export.Info
				var err error
				if service, ok := src.(export.Service); ok {
					in, err = export.Ask(cmd.Context(), service, time.Now())
				} else {
					in, err = export.Inspect(cmd.Context(), src, time.Now())
				}
				if err != nil {
					return usageError{err}
				}
				in.Source = args[0]
				if stored != nil {
					st, err := stored.Stats(cmd.Context())
					if err != nil {
						return err
					}
					in.Format, in.FileBytes, in.UsedBytes = st.Version, st.FileBytes, st.UsedBytes
				}
				if asJSON {
					err = marshalTo(cmd.OutOrStdout(), in)
				} else {
					err = writeText(cmd.OutOrStdout(), infoText(&in))
				}
				if err != nil {
					return err
				}
				if in.Trouble != "" {
					_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "the service has trouble with its history: %s\n", plain.Clip(in.Trouble, 300))
				}
				if err := partly(cmd, in.LeftOut, 0); err != nil || in.Trouble == "" {
					return err
				}
				return fmt.Errorf("the service has trouble with its history")
			})
		},
	}
	flags.add(cmd, false)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// ofText says of what an Info is: how the line of its time begins and ends, and that of the slow requests.
var ofText = map[string]struct{ name, beside, slow string }{
	export.OfStore:  {name: "stored"},
	export.OfBoth:   {"stored", ", what is still in memory included", ", those in memory included"},
	export.OfMemory: {"in memory", "; the store could not be read", " in memory"},
}

// toSecond is local to the second.
func toSecond(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

func infoText(in *export.Info) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, plain.Clip(fmt.Sprintf(format, args...), 300))
	}
	b.WriteString(plain.Clip(in.Source, 300))
	if in.Format > 0 {
		fmt.Fprintf(&b, "  format %d, %s, of which %s are in use", in.Format, size(in.FileBytes), size(in.UsedBytes))
	}
	b.WriteByte('\n')
	if in.From == nil {
		line(ofText[in.Of].name, "nothing yet")
		return b.String()
	}
	line(ofText[in.Of].name, "%s to %s%s", local(*in.From), local(*in.To), ofText[in.Of].beside)
	for _, s := range []struct {
		name string
		from *time.Time
	}{{"minutes", in.Minutes}, {"ten minutes", in.Tens}, {"hours", in.Hours}} {
		if s.from != nil {
			line(s.name, "since %s", local(*s.from))
		}
	}
	line("endpoints", "%d, jobs and dependencies included", in.Endpoints)
	line("requests", "%d, and %d slow or failed ones by themselves%s", in.Requests, in.Slow, ofText[in.Of].slow)
	line("incidents", "%d", in.Incidents)
	line("marks", "%d", in.Marks)
	for _, v := range in.Versions {
		line("version", "%s since %s", v.Text, local(v.Since))
	}
	for _, g := range in.Gaps {
		line("gap", "%s to %s, %s", toSecond(g.From), toSecond(g.To), plain.Span(g.To.Sub(g.From)))
	}
	if in.MoreGaps > 0 {
		line("gap", "and %d shorter ones", in.MoreGaps)
	}
	if in.Waiting > 0 {
		line("waiting", "%s, in memory until written", plain.Plural(uint64(in.Waiting), "minute"))
	}
	if in.Lost > 0 {
		line("lost", "%s, which could not be written", plain.Plural(in.Lost, "minute"))
	}
	return b.String()
}

// size is bytes in the largest unit of which there is one.
func size(bytes int64) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", (bytes+1023)>>10)
}
