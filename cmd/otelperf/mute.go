// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
)

// muteFlags is what a user typed.
type muteFlags struct {
	serviceFlags
	mute client.Mute
	time string
	list bool
	end  string
}

func newMute() *cobra.Command {
	var flags muteFlags
	cmd := &cobra.Command{
		Use:   "mute URL",
		Short: "Report nothing of some endpoints for a time, such as a deployment",
		Long: `Mutes endpoints for a time: what goes wrong there is shown, and not reported. What is still open when the mute ends is
reported then. Another mute of the same endpoints replaces the first. It lists mutes with --list, and ends one with --end.
The service has to let whoever asks change things: see WithBearerToken and WithLocalChanges, or of a service that a Collector
judges token and local_changes of its extension otelperf.

` + urlHelp,
		Example: `  otelperf mute localhost:8080 --for 15m --why 'deployment of 1.5.0'
  otelperf mute localhost:8080 --endpoint 'GET /reports/**' --for 2h
  otelperf mute localhost:8080 --list
  otelperf mute localhost:8080 --end 4k2mzq7abc`,
		Args: exactly(1, "the URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			clients, err := flags.clients(args)
			if err != nil {
				return err
			}
			defer closeAll(clients)
			text, err := flags.carryOut(cmd.Context(), clients[0])
			if err != nil {
				return refused(err, map[string]string{
					"endpoint": "--endpoint", "matter": "--matter", "minutes": "--for", "by": "--by", "why": "--why", "id": "--end",
				})
			}
			return writeText(cmd.OutOrStdout(), text)
		},
	}
	flags.add(cmd, false)
	f := cmd.Flags()
	f.StringVar(&flags.mute.Endpoint, "endpoint", "*", "`pattern` of METHOD ROUTE; * is any characters but /, and ** any")
	f.StringVar(&flags.mute.Matter, "matter", "", "`what` goes wrong: latency, failures, panics, client_errors, silence or objective (default any)")
	f.StringVar(&flags.time, "for", "1h", "`time` until it ends, at most 7d")
	f.StringVar(&flags.mute.By, "by", userName(), "`name` of who mutes, 1 to 64 bytes")
	f.StringVar(&flags.mute.Why, "why", "", "`text` for others, at most 200 bytes")
	f.BoolVar(&flags.list, "list", false, "list the mutes in force")
	f.StringVar(&flags.end, "end", "", "end the mute with this `id`")
	cmd.MarkFlagsMutuallyExclusive("list", "end")
	return cmd
}

// carryOut does what was asked for and says what came of it.
func (f *muteFlags) carryOut(ctx context.Context, c *client.Client) (string, error) {
	switch {
	case f.list:
		l, err := c.Mutes(ctx)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		for i := range l.Mutes {
			b.WriteString(muteLine(&l.Mutes[i]) + "\n")
		}
		return cmp.Or(b.String(), "nothing is muted\n"), nil
	case f.end != "":
		was, err := c.Unmute(ctx, f.end, f.mute.By)
		if err != nil {
			return "", err
		}
		return plain.Clip(was.ID, 20) + " has ended\n", nil
	}
	d, ok := when.Duration(f.time)
	if !ok {
		return "", usagef("--for is %q, accepted: a duration such as 15m, 2h or 1d, at most 7d", plain.Clip(f.time, 20))
	}
	f.mute.Minutes = d.Minutes()
	set, err := c.Mute(ctx, f.mute)
	if err != nil {
		return "", err
	}
	return muteLine(set) + "\n", nil
}

func muteLine(m *client.Mute) string {
	what := plain.Clip(m.Endpoint, 120)
	if what == "*" {
		what = "everything"
	}
	if m.Matter != "" {
		what += " (" + plain.Clip(m.Matter, 20) + ")"
	}
	line := fmt.Sprintf("%s  %s muted until %s by %s", plain.Clip(m.ID, 20), what, m.Until.Local().Format("2006-01-02 15:04 MST"), plain.Clip(m.By, 64))
	if m.Why != "" {
		line += ": " + plain.Clip(m.Why, 200)
	}
	return line
}
