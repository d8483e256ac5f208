// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/outfile"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

func newEvidence() *cobra.Command {
	var flags serviceFlags
	var output string
	var force bool
	cmd := &cobra.Command{
		Use:   "evidence URL [SPIKE_ID]",
		Short: "Store what is known of a spike as a zip archive",
		Long: `Stores what a service knows of a spike: the slow requests with their anatomy, the causes, the last hour of the endpoints and
of the runtime, and a README.txt that says how to read them. Without an id it is the latest spike that is open, or the latest.
Headers, queries, paths, statements and messages of errors are not in it.

` + urlHelp,
		Example: `  otelperf evidence localhost:8080
  otelperf evidence https://shop.example.com 20260302T021000-1 -o spike.zip
  otelperf evidence localhost:8080 -o - > spike.zip`,
		Args: oneURL(2, "the id of the spike"),
		RunE: func(cmd *cobra.Command, args []string) error {
			clients, err := flags.clients(args[:1])
			if err != nil {
				return err
			}
			defer closeAll(clients)
			id := ""
			if len(args) == 2 {
				id = args[1]
			}
			return storeEvidence(cmd.Context(), clients[0], id, output, force, cmd.OutOrStdout())
		},
	}
	flags.add(cmd, false)
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to be written; - is standard output (default spike-ID.zip)")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if there is one, unless that is a history or a state file")
	return cmd
}

func storeEvidence(ctx context.Context, c *client.Client, id, output string, force bool, w io.Writer) error {
	if id == "" {
		list, err := c.Spikes(ctx)
		if err != nil {
			return usageError{err}
		}
		if len(list.Spikes) == 0 {
			return usagef("%s has stored no spike", c.URL())
		}
		at := max(0, slices.IndexFunc(list.Spikes, func(s otelperf.Spike) bool { return s.State == "open" }))
		id = list.Spikes[at].ID
	}
	if output == "" {
		output = "spike-" + filepath.Base(id) + ".zip"
	}
	if err := outfile.MayWrite(output, "", force); err != nil { // before the service is asked for it
		return usageError{err}
	}
	zip, err := c.Bundle(ctx, id)
	if err != nil {
		return refused(err, map[string]string{"id": "SPIKE_ID"})
	}
	if output == "-" {
		_, err := w.Write(zip)
		return err
	}
	err = outfile.Write(output, "", force, func(w io.Writer) error {
		_, err := w.Write(zip)
		return err
	})
	switch {
	case errors.Is(err, outfile.ErrRefused):
		return usageError{err}
	case err != nil:
		return err
	}
	return writeText(w, fmt.Sprintf("%s: %d KiB\n", plain.Clip(output, 200), (len(zip)+1023)/1024))
}
