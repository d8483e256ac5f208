// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// userName is who types; where nobody has a name, as in a container, the machine.
func userName() string {
	if name := cmp.Or(os.Getenv("USER"), os.Getenv("LOGNAME"), os.Getenv("USERNAME")); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	host, _ := os.Hostname()
	return cmp.Or(host, "otelperf")
}

func newAck() *cobra.Command {
	var flags serviceFlags
	var a client.Ack
	var undo bool
	cmd := &cobra.Command{
		Use:   "ack URL SPIKE_ID",
		Short: "Say that somebody looks after a spike",
		Long: `Acknowledges a spike that is open: that it grows, and its causes, are no longer reported. Its end is. The service has to
let whoever asks change things: see WithBearerToken and WithLocalChanges, or of a service that a Collector judges token and
local_changes of its extension otelperf.

` + urlHelp,
		Example: `  otelperf ack localhost:8080 20260302T021000-1 --why 'the database is being moved'
  otelperf ack localhost:8080 20260302T021000-1 --undo`,
		Args: exactly(2, "the id of a spike, which 'otelperf summary' shows"),
		RunE: func(cmd *cobra.Command, args []string) error {
			clients, err := flags.clients(args[:1])
			if err != nil {
				return err
			}
			defer closeAll(clients)
			var s *otelperf.Spike
			if undo {
				s, err = clients[0].Unack(cmd.Context(), args[1], a.By)
			} else {
				s, err = clients[0].Ack(cmd.Context(), args[1], a)
			}
			if err != nil {
				return refused(err, map[string]string{"by": "--by", "why": "--why", "id": "SPIKE_ID"})
			}
			said := "nobody looks after it"
			if s.Ack != nil {
				said = "acknowledged by " + plain.Clip(s.Ack.By, 64)
			}
			return writeText(cmd.OutOrStdout(), fmt.Sprintf("%s: %s\n", plain.Clip(s.ID, 60), said))
		},
	}
	flags.add(cmd, false)
	cmd.Flags().StringVar(&a.By, "by", userName(), "`name` of who looks after it, 1 to 64 bytes")
	cmd.Flags().StringVar(&a.Why, "why", "", "`text` for others, at most 200 bytes")
	cmd.Flags().BoolVar(&undo, "undo", false, "take it back")
	return cmd
}

// exactly refuses another number of arguments than n, the first of which is a URL and the last is what.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 && len(args) < n {
			return usagef("%s is missing", what)
		}
		return oneURL(n, what)(cmd, args)
	}
}
