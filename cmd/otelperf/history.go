// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/export"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// sourceHelp says what FILE and URL are.
const sourceHelp = `FILE is what history/bolt or 'otelperf demo --history' has written. A service may have it open meanwhile, and does not notice: what is
read is a copy of it as of its last minute, below $TMPDIR, which is deleted at the end. URL is a service with a history,
whatever store that is in, PostgreSQL or SQLite too; http://HOST:PORT, https://HOST/debug/otelperf/ and HOST:PORT all do.`

func newHistory() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Export what a service has stored, or say what that is",
		Long: `Exports the history of a service for notebooks and spreadsheets, or says what is stored of which time.

` + sourceHelp,
		Example: `  otelperf history info shop.db
  otelperf history export shop.db --csv > shop.csv`,
		Args: noSuchCommand,
		RunE: help,
	}
	cmd.AddCommand(newHistoryExport(), newHistoryInfo())
	return cmd
}

// withHistory opens a file, or a client of a URL, and hands it to use. stored is nil of a URL.
func withHistory(ctx context.Context, flags *serviceFlags, arg string, use func(src export.Source, stored *bolt.Store) error) (err error) {
	if isURL(arg) {
		clients, err := flags.clients([]string{arg})
		if err != nil {
			return err
		}
		defer closeAll(clients)
		return use(export.Service{Client: clients[0]}, nil)
	}
	store, err := bolt.OpenCopy(ctx, arg)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return usageError{err}
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return use(store, store)
}

// isURL tells URLs from files: what there is under that name is a file.
func isURL(arg string) bool {
	if _, err := os.Stat(arg); err == nil {
		return false
	}
	host, port, found := strings.Cut(arg, ":")
	return found && host != "" && (strings.HasPrefix(port, "//") || strings.TrimLeft(port[:min(1, len(port))], "0123456789") == "" && port != "")
}

// oneSource refuses a wrong number of files.
func oneSource(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usagef("a file or the URL of a service is missing, such as shop.db or http://localhost:8080")
	case len(args) > 1:
		return usagef("unexpected argument %q after the file", plain.Clip(args[1], 40))
	case strings.HasPrefix(args[0], "postgres") && strings.Contains(args[0], "://"), strings.HasPrefix(args[0], "sqlite:"):
		return usagef("a database is exported through a service that has it: give the URL of that")
	}
	return nil
}

// partly is an error where parts could not be read: what was written is not the whole.
func partly(cmd *cobra.Command, leftOut []string, more int) error {
	if len(leftOut) == 0 {
		return nil
	}
	for _, text := range leftOut {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "left out: %s\n", plain.Clip(text, 300))
	}
	return fmt.Errorf("%s could not be read: what was written is without them", plain.Plural(len(leftOut)+more, "part"))
}
