// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/slowlog"
)

const minLimit, maxLimit = 1, 1000

func newSlow() *cobra.Command {
	var flags serviceFlags
	var asJSON bool
	limit := 20
	cmd := &cobra.Command{
		Use:   "slow URL [TRACE_ID]",
		Short: "List slow requests, or show where the time of one went",
		Long: `Lists the slow and failed requests that a service has stored, newest first. With a trace id, or the first digits of one, it draws
where the time of that request went: the tree of its calls with a bar for each on a common time line, solid
on the critical path, and what stands out.

` + urlHelp,
		Example: `  otelperf slow localhost:8080 --limit 5
  otelperf slow localhost:8080 27312a11`,
		Args: oneURL(2, "the trace id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < minLimit || limit > maxLimit {
				return usagef("--limit is %d, accepted: %d to %d", limit, minLimit, maxLimit)
			}
			clients, err := flags.clients(args[:1])
			if err != nil {
				return err
			}
			defer closeAll(clients)
			if len(args) == 1 {
				err = listSlow(cmd.Context(), clients[0], limit, asJSON, cmd.OutOrStdout())
			} else {
				err = showTrace(cmd.Context(), clients[0], args[1], asJSON, cmd.OutOrStdout())
			}
			return err
		},
	}
	flags.add(cmd, false)
	cmd.Flags().IntVar(&limit, "limit", limit, "`number` of requests to list at most, 1 to 1000")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the service's own answer as JSON")
	return cmd
}

func listSlow(ctx context.Context, c *client.Client, limit int, asJSON bool, w io.Writer) error {
	list, raw, err := c.Slow(ctx, limit)
	switch {
	case err != nil:
		return usageError{err}
	case asJSON:
		return writeJSON(w, raw)
	}
	text := fmt.Sprintf("%s  instance %s  %d slow since the start; the latest %d of %d stored, slow or failed:\n",
		plain.Clip(list.Service, 60), plain.Clip(list.Instance, 60), list.Count, len(list.Slow), max(list.Stored, len(list.Slow)))
	if len(list.Slow) > 0 {
		text += "\n" + report.SlowTable(list.Slow)
	}
	return writeText(w, text)
}

func showTrace(ctx context.Context, c *client.Client, id string, asJSON bool, w io.Writer) error {
	id, err := c.WholeTraceID(ctx, id)
	if err != nil {
		return usageError{err}
	}
	trace, raw, err := c.Trace(ctx, id)
	switch {
	case err != nil:
		return refused(err, map[string]string{"trace_id": "TRACE_ID"})
	case asJSON:
		return writeJSON(w, raw)
	}
	for i, e := range trace.Requests {
		if i > 0 {
			if err := writeText(w, "\n"); err != nil {
				return err
			}
		}
		if err := slowlog.Render(w, e, columns(w)); err != nil {
			return err
		}
	}
	return nil
}

// columns is the width of the terminal that w is, and 0 if it is none.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return width
}
