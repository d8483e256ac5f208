// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/agent"
	"github.com/otelperf/otelperf-go/otelperf"
)

func newMCP() *cobra.Command {
	var flags serviceFlags
	cmd := &cobra.Command{
		Use:   "mcp URL [URL...]",
		Short: "Let a coding agent ask services, by the Model Context Protocol",
		Long: `Serves the Model Context Protocol on standard input and output, for a coding agent that starts it. Its tools say what is
wrong, list endpoints, incidents with their causes, slow requests and dependencies, show where the time of one request
went, compare an endpoint before and since a change, and tell whether all is wired right. No tool changes anything.
Several URLs are several services, or instances of one. A service that does not answer is an answer, too: the server
goes on.

A client is configured by a block such as

  {"mcpServers": {"otelperf": {"command": "otelperf", "args": ["mcp", "http://localhost:8080"]}}}

` + urlHelp,
		Example: `  otelperf mcp http://localhost:8080
  otelperf mcp https://shop-1:8443/debug/otelperf/ https://shop-2:8443/debug/otelperf/`,
		Args: someURLs,
		RunE: func(cmd *cobra.Command, urls []string) error {
			clients, err := flags.clients(urls)
			if err != nil {
				return err
			}
			defer closeAll(clients)
			if isTerminal(cmd.InOrStdin()) {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "otelperf mcp waits for a client on standard input: it is started by a coding agent, see 'otelperf mcp --help'")
			}
			return serveAgent(cmd.Context(), agent.New(clients, otelperf.Version), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags.add(cmd, false)
	return cmd
}

// serveAgent serves one client until it closes in, or ctx ends. Neither is an error.
func serveAgent(ctx context.Context, s *mcp.Server, in io.Reader, out io.Writer) error {
	if err := s.Run(ctx, agent.Lines(in, out)); err != nil && ctx.Err() == nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the client is gone: %w", err)
	}
	return nil
}
