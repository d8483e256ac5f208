// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

const minLimit, maxLimit = 1, 1000

func newSlow() *cobra.Command {
	var flags serviceFlags
	var then slowTime
	var asJSON bool
	limit := 20
	cmd := &cobra.Command{
		Use:   "slow URL [TRACE_ID]",
		Short: "List slow requests, or show where the time of one went",
		Long: `Lists the slow and failed requests that a service has in memory, newest first. With a trace id, or the first digits of one, it draws
where the time of that request went: the tree of its calls with a bar for each on a common time line, solid
on the critical path, and what stands out. A request that is no longer in memory is looked for in the history of the service, if it has one.

With --window or --at it is those that began in that time, of the history, too; with a trace id, it is looked for there alone.

` + urlHelp,
		Example: `  otelperf slow localhost:8080 --limit 5
  otelperf slow localhost:8080 --at "yesterday 14:00" --for 30m
  otelperf slow localhost:8080 --window 24h
  otelperf slow localhost:8080 27312a11`,
		Args: oneURL(2, "the trace id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < minLimit || limit > maxLimit {
				return usagef("--limit is %d, accepted: %d to %d", limit, minLimit, maxLimit)
			}
			p, err := then.period(cmd)
			if err != nil {
				return err
			}
			clients, err := flags.clients(args[:1])
			if err != nil {
				return err
			}
			defer closeAll(clients)
			if len(args) == 1 {
				err = listSlow(cmd.Context(), clients[0], p, limit, asJSON, cmd.OutOrStdout())
			} else {
				err = showTrace(cmd.Context(), clients[0], args[1], p, asJSON, cmd.OutOrStdout())
			}
			return err
		},
	}
	flags.add(cmd, false)
	then.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", limit, "`number` of requests to list at most, 1 to 1000")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the service's own answer as JSON")
	return cmd
}

// slowTime are the flags of a time that slow requests are of.
type slowTime struct{ window, at, length string }

func (f *slowTime) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.window, "window", "", "`span` of time up to now: "+acceptedSlowWindows+" (default all that are in memory)")
	cmd.Flags().StringVar(&f.at, "at", "", "`time` that they began in, in place of a window: "+when.Accepted)
	cmd.Flags().StringVar(&f.length, "for", "5m", "`duration` from --at on, 1m to 366d")
}

const acceptedSlowWindows = "1m, 5m, 1h, or where the service has a history 24h or 7d"

// period is the time that is asked for; without a flag the zero Period, of all that are in memory.
func (f *slowTime) period(cmd *cobra.Command) (client.Period, error) {
	ask, err := askAt(cmd, f.at, f.length)
	if p := (client.Period{From: ask.From, To: ask.To}); err != nil || !p.To.IsZero() || !cmd.Flags().Changed("window") {
		return p, err
	}
	span, known := map[string]time.Duration{"1m": time.Minute, "5m": 5 * time.Minute, "1h": time.Hour, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour}[f.window]
	if !known {
		return client.Period{}, usagef("--window is %q, accepted: %s", plain.Clip(f.window, 20), acceptedSlowWindows)
	}
	now := time.Now()
	return client.Period{Window: otelperf.Window(f.window), From: now.Add(-span), To: now.Add(time.Minute)}, nil
}

func listSlow(ctx context.Context, c *client.Client, p client.Period, limit int, asJSON bool, w io.Writer) error {
	of := "slow since the start"
	if !p.To.IsZero() {
		of = "slow from " + local(p.From) + " to " + local(p.To)
	}
	switch p.Window {
	case otelperf.Window24h, otelperf.Window7d: // of which a service without a history says that it has none
		p = client.Period{Window: p.Window}
		fallthrough
	case otelperf.Window1m, otelperf.Window5m, otelperf.Window1h:
		of = "slow in the last " + string(p.Window)
	}
	list, raw, err := c.SlowOf(ctx, p, limit)
	switch {
	case err != nil:
		return refused(err, map[string]string{"window": "--window", "from": "--at"})
	case asJSON:
		return writeJSON(w, raw)
	}
	text := fmt.Sprintf("%s  instance %s  %d %s; the latest %d of %d stored, slow or failed:\n",
		plain.Clip(list.Service, 60), plain.Clip(list.Instance, 60), list.Count, of, len(list.Slow), max(list.Stored, len(list.Slow)))
	if len(list.Slow) > 0 {
		text += "\n" + report.SlowTable(list.Slow)
	}
	if list.StoredFrom != nil {
		text += "\nnote  of what was before " + local(*list.StoredFrom) + " nothing is stored\n"
	}
	if list.Note != "" {
		text += "\nnote  " + plain.Clip(list.Note, 400) + "\n"
	}
	return writeText(w, text)
}

func showTrace(ctx context.Context, c *client.Client, id string, p client.Period, asJSON bool, w io.Writer) error {
	id, err := c.WholeTraceID(ctx, id, p)
	if err != nil {
		return usageError{err}
	}
	var trace *client.SlowTrace
	var raw []byte
	if p.To.IsZero() {
		trace, raw, err = c.Trace(ctx, id)
	} else {
		trace, raw, err = c.TraceWithin(ctx, id, p.From, p.To)
	}
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
