// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
)

func newMark() *cobra.Command {
	var flags serviceFlags
	var kind, at string
	cmd := &cobra.Command{
		Use:   "mark URL TEXT",
		Short: "Set a mark at a service, such as for a deployment",
		Long: `Sets a mark: a line in the charts of the service, and what a spike that begins within 15 minutes is put beside. Set it
before what it stands for takes effect, or say with --time when that was. The service has to allow changes: a token, or
this machine where it says so.

` + urlHelp,
		Example: `  otelperf mark localhost:8080 'build 77'
  otelperf mark localhost:8080 'new checkout for 10 %' --kind config --time '5m ago'`,
		Args: markArgs("the text of the mark is missing, such as 'build 77'"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := client.MarkRequest{Text: args[1], Kind: kind}
			if at != "" || cmd.Flags().Changed("time") {
				now := time.Now()
				t, err := when.Parse(at, now)
				if err != nil {
					return usagef("--time %v", err)
				}
				noteTime(cmd, "--time", at, now)
				r.Time = &t
			}
			clients, err := flags.clients(args[:1])
			if err != nil {
				return err
			}
			defer closeAll(clients)
			m, err := clients[0].Mark(cmd.Context(), r)
			if err != nil {
				return refused(err, map[string]string{"text": "TEXT", "kind": "--kind", "time": "--time"})
			}
			return writeText(cmd.OutOrStdout(), fmt.Sprintf("%s: %s %s\n", plain.Clip(m.ID, 64), plain.Clip(m.Kind, 20), plain.Clip(m.Text, 200)))
		},
	}
	flags.add(cmd, false)
	cmd.Flags().StringVar(&kind, "kind", "", "`kind` of change: deploy (the default), version, config")
	cmd.Flags().StringVar(&at, "time", "", "`time` of it within the last hour: "+when.Accepted+" (default now)")
	return cmd
}

// markArgs wants a URL and something else.
func markArgs(missing string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return usagef("%s", missing)
		}
		return oneURL(2, "the URL and one more")(cmd, args)
	}
}
