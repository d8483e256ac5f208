// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
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

	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), oneLine(err))
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailure
}

// oneLine gives joined errors as one line.
func oneLine(err error) string {
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// newRoot returns the command tree. Each command has a file of its own beside this one.
func newRoot() *cobra.Command {
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
		RunE:                       help,
		SuggestionsMinimumDistance: 2,
	}
	root.SetVersionTemplate("otelperf {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newDemo(), newReplay(), newDoctor(), newVersion())
	root.AddCommand(newSummary(), newSlow(), newCheck(), newTop(), newEvidence(), newAck(), newMute(), newMark(), newCompare(), newNotify(), newMCP())
	addCompletion(root)
	return root
}

// addCompletion adds cobra's command, with examples as the others have them.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil { // cannot be: it was added just now
		return
	}
	cmd.Args, cmd.RunE, cmd.Short = noArgs, help, "Write a script by which a shell completes commands and flags"
	cmd.Example = `  source <(otelperf completion bash)
  otelperf completion zsh > "${fpath[1]}/_otelperf"
  otelperf completion fish > ~/.config/fish/completions/otelperf.fish`
	for _, shell := range cmd.Commands() {
		shell.Args, shell.Example = noArgs, "  otelperf completion "+shell.Name()
	}
}

func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

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
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("there is no command %.40q; %s", args[0], hint)
}

// noArgs refuses arguments of a command that has flags only.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %.40q", args[0])
	}
	return nil
}
