// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

func newCompare() *cobra.Command {
	var flags serviceFlags
	var mark string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compare URL ENDPOINT",
		Short: "Compare an endpoint before and since a mark",
		Long: `Compares an endpoint, "METHOD ROUTE", before and since a mark: p50, p99 and errors with bounds of 99 % confidence, and says
whether a change is real. As many whole minutes before as since count, at most an hour and of one process; with fewer
than five on a side nothing can be told. Without --mark it is the newest mark that has something before it.

` + urlHelp,
		Example: `  otelperf compare localhost:8080 'GET /users/{id}'
  otelperf compare localhost:8080 'GET /users/{id}' --mark m-4k2mzq7abc --json`,
		Args: markArgs("the endpoint is missing, such as 'GET /users/{id}'"),
		RunE: func(cmd *cobra.Command, args []string) error {
			clients, err := flags.clients(args[:1])
			if err != nil {
				return err
			}
			defer closeAll(clients)
			c, raw, err := clients[0].CompareAround(cmd.Context(), args[1], mark)
			if err != nil {
				return refused(err, map[string]string{"mark": "--mark", "endpoint": "ENDPOINT"})
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), raw)
			}
			if c.Why != "" {
				return usagef("%s", plain.Clip(c.Why, 300))
			}
			return writeText(cmd.OutOrStdout(), comparisonText(c))
		},
	}
	flags.add(cmd, false)
	cmd.Flags().StringVar(&mark, "mark", "", "`id` of the mark")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the service's own answer")
	return cmd
}

func comparisonText(c *client.Comparison) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", plain.Clip(c.Method, 40), plain.Clip(c.Route, 200))
	if c.Mark != nil {
		fmt.Fprintf(&b, ", before and since %s (%s)", plain.Clip(c.Mark.Text, 200), c.Mark.Time.Local().Format("15:04:05 MST"))
	}
	fmt.Fprintf(&b, "\n%-9s %-28s %s\n", "", fmt.Sprintf("before (%d min)", c.Before.Minutes), fmt.Sprintf("since (%d min)", c.Since.Minutes))
	row := func(name string, before, since string) { fmt.Fprintf(&b, "%-9s %-28s %s\n", name, before, since) }
	row("requests", fmt.Sprint(c.Before.Count), fmt.Sprint(c.Since.Count))
	row("p50", bounds(c.Before.P50Ms, plain.Ms), bounds(c.Since.P50Ms, plain.Ms))
	row("p99", bounds(c.Before.P99Ms, plain.Ms), bounds(c.Since.P99Ms, plain.Ms))
	percent := func(x *float64) string { return fmt.Sprintf("%.2f %%", 100**x) }
	row("errors", bounds(c.Before.Errors, percent), bounds(c.Since.Errors, percent))
	for _, change := range []client.Change{c.P50, c.P99, c.Errors} {
		b.WriteString(plain.Clip(change.Sentence, 200) + "\n")
	}
	return b.String()
}

// bounds is "20 ms (19 ms to 21 ms)".
func bounds(i client.Interval, text func(*float64) string) string {
	part := func(x *float64) string {
		if x == nil {
			return "?"
		}
		return text(x)
	}
	return fmt.Sprintf("%s (%s to %s)", part(i.Value), part(i.Low), part(i.High))
}
