// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/demo"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/table"
	"github.com/otelperf/otelperf-go/otelperf"
)

func newDemo() *cobra.Command {
	flags := demo.DefaultFlags()
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a small shop under load and show what otelperf sees",
		Long: `Runs a small web shop and the inventory service that it calls, both real HTTP servers on this machine, sends
them requests, and shows what otelperf sees: request lines, slow requests, and at the end a table of endpoints.
Only a tenth of the traces are sampled, and still every request is counted. While it runs, the same numbers
are at the address that it prints first.

These variables stand for options of the library, here and in any program that has it:
` + variables(),
		Example: `  otelperf demo --for 20s
  otelperf demo --spike
  otelperf demo --for 0 --history shop.db`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.ForGiven = cmd.Flags().Changed("for")
			cfg, err := flags.Config()
			if err != nil {
				return usageError{err}
			}
			cfg.Slack = defaultTimeout - client.DefaultTimeout // of tests
			err = demo.Run(cmd.Context(), cfg, cmd.OutOrStdout())
			if errors.Is(err, demo.ErrListen) || errors.Is(err, demo.ErrHistory) {
				return usageError{err}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.Listen, "listen", flags.Listen, "`address` to serve the shop at; port 0 takes any free one")
	f.StringVar(&flags.For, "for", flags.For, "`duration` of the run, "+demo.AcceptedFor+"; with --spike "+demo.SpikeLength+" if it is not given")
	f.StringVar(&flags.Metrics, "metrics", flags.Metrics, "`exporter` of metrics, "+demo.AcceptedMetrics)
	f.BoolVar(&flags.Spike, "spike", false, "let one endpoint become slow for a while, and alert; goes "+demo.AcceptedSpike)
	f.StringVar(&flags.Rate, "rate", flags.Rate, "`requests` a second, "+demo.AcceptedRate)
	f.StringVar(&flags.History, "history", "", "`file` that what happens is stored in, for the windows 24h and 7d, and other days beside this one; it is made if there is none")
	return cmd
}

// variables lists those of the environment.
func variables() string {
	t := table.New(table.Column{}, table.Column{}, table.Column{})
	for _, v := range otelperf.Environment() {
		t.Row(v[:]...)
	}
	return t.String()
}
