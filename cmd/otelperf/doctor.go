// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/doctor"
)

func newDoctor() *cobra.Command {
	var flags serviceFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor URL",
		Short: "Say what is not wired at a service, and the Go lines that mend it",
		Long: `Reads the diagnostics, the settings and the health of a service, and says in plain words what is not wired: no sampler, no
Middleware, routes that are not known, a processor twice, metrics that two Monitors share, a metric source without its
reader, no state file, evidence off, a page that is open behind a proxy, and what else the service itself says; each with
the Go lines that mend it. Of a service that a Collector judges it says what of that can be seen there. Ask it when there
have been some requests.

Exit status: 0 when nothing is to be mended, though there may be something to consider; 1 when something is; 2 when no
otelperf endpoint answers, or it does not let in whoever asks.

` + urlHelp,
		Example: `  otelperf doctor localhost:8080
  otelperf doctor https://shop.example.com --json`,
		Args: exactly(1, "the URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			clients, err := flags.clients(args)
			if err != nil {
				return err
			}
			defer closeAll(clients)
			w, err := clients[0].Wiring(cmd.Context())
			if err != nil {
				return usageError{advised(err)}
			}
			report := doctor.Examine(w, clients[0].URL())
			if asJSON {
				err = marshalTo(cmd.OutOrStdout(), report)
			} else {
				err = writeText(cmd.OutOrStdout(), report.Text(100))
			}
			if n := report.ToMend(); n > 0 && err == nil {
				err = fmt.Errorf("%s to be mended", plural(n, "thing is", "things are"))
			}
			return err
		},
	}
	flags.add(cmd, false)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON: url, service, instance, and findings with name, mend, text and lines")
	return cmd
}

// advised adds to why there is no answer what to do about it.
func advised(err error) error {
	advice := ""
	switch {
	case errors.Is(err, client.ErrDown):
		advice = "start the service, or give the port that it listens at"
	case errors.Is(err, client.ErrNotOurs):
		advice = `or mount it: mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))`
	case client.Status(err) == http.StatusUnauthorized:
		advice = "it is what the service gives otelperf.WithBearerToken, or the token of a Collector's extension otelperf"
	case client.Status(err) == http.StatusForbidden:
		advice = "ask on the machine of the service, without a proxy, or set otelperf.WithBearerToken, or the token of a Collector's extension otelperf, there and --token here"
	default:
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}
