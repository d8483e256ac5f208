// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1 // it began, and then something failed
	exitUsage   = 2 // it could not begin with what it was given
)

// usageError is the fault of whoever typed the command.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run carries out one command line and returns the exit status. Ctrl-C or SIGTERM asks the command to end; a second
// one ends the process at once.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	return runIn(ctx, args, stdin, stdout, stderr)
}

// runIn is run until ctx ends.
func runIn(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	written := &counted{Writer: stdout}
	if wantsJSON(args) {
		stdout = written
	}
	root := newRoot(stdout)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	status := exitFailure
	if _, ok := errors.AsType[usageError](err); ok {
		status = exitUsage
	}
	if wantsJSON(args) && cmd.Flags().Lookup("json") != nil && written.n == 0 {
		_ = writeFailure(stdout, cmd, oneLine(err), status)
	}
	_, _ = fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), oneLine(err))
	return status
}

// counted counts what is written.
type counted struct {
	io.Writer
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += n
	return n, err
}

// wantsJSON tells whether --json was given, also where the flags cannot be read.
func wantsJSON(args []string) bool {
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// writeFailure writes why there is no answer as JSON: in the shape of check's own where that was asked for.
func writeFailure(w io.Writer, cmd *cobra.Command, why string, status int) error {
	if cmd.Name() == "check" {
		window, _ := cmd.Flags().GetString("window") // it has the flag
		return marshalTo(w, verdictJSON{"unknown", status, window, list(nil), []string{why}, list(nil), list(nil)})
	}
	return marshalTo(w, struct {
		Error      string `json:"error"`
		ExitStatus int    `json:"exit_status"`
	}{why, status})
}

// oneLine gives joined errors as one line.
func oneLine(err error) string {
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// newRoot returns the command tree, which writes to out. Each command has a file of its own beside this one.
func newRoot(out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "otelperf",
		Short:         "Per-endpoint latency from inside an OpenTelemetry pipeline",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		Example: `  otelperf demo --spike
  otelperf top localhost:8080
  otelperf doctor localhost:8080`,
		RunE: help,
	}
	root.SetOut(out) // before cobra adds the completions, which take it then
	root.SetVersionTemplate("otelperf {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newDemo(), newReplay(), newDoctor(), newVersion())
	root.AddCommand(newSummary(), newHistory(), newSlow(), newCheck(), newTop(), newEvidence(), newAck(), newMute(), newMark(), newCompare(), newNotify(), newMCP())
	addCompletion(root)
	completeValues(root)
	return root
}

// flagError says what a flag accepts that was given something else.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		_, accepted := pflag.UnquoteUsage(bad.GetFlag())
		return usagef("--%s is %q, accepted: %s", bad.GetFlag().Name, plain.Clip(bad.GetValue(), 40), accepted)
	}
	return usagef("%w; '%s --help' lists the flags", err, cmd.CommandPath())
}

func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "'otelperf help' lists them"
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("there is no command %.40q; %s", strings.TrimPrefix(cmd.CommandPath()+" "+args[0], "otelperf "), hint)
}

// noArgs refuses arguments of a command that has flags only.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %.40q", args[0])
	}
	return nil
}
