// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/top"
)

const (
	minEvery, maxEvery = 500 * time.Millisecond, time.Minute
	maxBy              = 64 // bytes, which a service accepts
)

func newTop() *cobra.Command {
	var flags serviceFlags
	every, by := 2*time.Second, ""
	cmd := &cobra.Command{
		Use:   "top URL [URL...]",
		Short: "Watch a service live in the terminal",
		Long: `Shows live what a service does, or several instances together: spikes above, endpoints as a table with the trend of
their p99, slow requests below, and on Enter the details of any of them. ? lists the keys. A service that restarts is
asked again until it answers. Where standard input or output is no terminal it writes one table and ends.

` + urlHelp,
		Example: `  otelperf top localhost:8080
  otelperf top shop-1:8080 shop-2:8080 --window 1h`,
		Args: someURLs,
		RunE: func(cmd *cobra.Command, urls []string) error {
			if every < minEvery || every > maxEvery {
				return usagef("--every is %v, accepted: %v to %v", every, minEvery, maxEvery)
			}
			if !isTerminal(cmd.InOrStdin()) || !isTerminal(cmd.OutOrStdout()) {
				return topOnce(cmd, &flags, urls)
			}
			if by == "" || len(by) > maxBy {
				return usagef("--by has %d bytes, accepted: text of 1 to %d bytes", len(by), maxBy)
			}
			window, err := flags.parseWindow()
			if err != nil {
				return err
			}
			clients, err := flags.clients(urls)
			if err != nil {
				return err
			}
			defer closeAll(clients)
			return top.Run(cmd.Context(), top.Config{Clients: clients, Window: window, Every: every, By: by}, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags.add(cmd, true)
	cmd.Flags().StringVar(&by, "by", userName(), "`name` of who acknowledges and mutes, 1 to 64 bytes")
	cmd.Flags().DurationVar(&every, "every", every, "`time` between two polls, 500ms to 1m")
	return cmd
}

// topOnce writes one table.
func topOnce(cmd *cobra.Command, flags *serviceFlags, urls []string) error {
	answers, err := flags.poll(cmd.Context(), urls, fleet.Ask{})
	if err != nil {
		return err
	}
	if err := noAnswers(answers); err != nil {
		return err
	}
	if err := writeText(cmd.OutOrStdout(), report.Table(fleet.Merge(answers))); err != nil {
		return err
	}
	return someMissing(answers)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}
