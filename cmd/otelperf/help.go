// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/export"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
)

func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// newHelp is cobra's command of that name, but that a command which is not there is an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Long:    "Shows the help of a command, as --help behind it does. Without one it lists all commands.",
		Example: "  otelperf help check",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			if found, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, c := range found.Commands() {
					if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), begun) {
						names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err == nil {
				err = noSuchCommand(found, rest)
			}
			if err != nil {
				return usageError{err}
			}
			found.InitDefaultHelpFlag()
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
}

// addCompletion adds cobra's command, with examples as the others have them.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil { // cannot be: it was added just now
		return
	}
	var shells []string
	for _, shell := range cmd.Commands() {
		shells = append(shells, shell.Name())
		shell.Args, shell.Example = noArgs, "  otelperf completion "+shell.Name()
	}
	cmd.RunE, cmd.Short = help, "Write a script by which a shell completes commands and flags"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usagef("there is no completion for %q, accepted: %s", plain.Clip(args[0], 40), strings.Join(shells, ", "))
	}
	cmd.Long = fmt.Sprintf("Writes a script by which a shell completes commands and flags, for one of these: %s. The help of each says how to load it.",
		strings.Join(shells, ", "))
	cmd.Example = `  source <(otelperf completion bash)
  otelperf completion zsh > "${fpath[1]}/_otelperf"
  otelperf completion fish > ~/.config/fish/completions/otelperf.fish
  otelperf completion powershell | Out-String | Invoke-Expression`
}

// valuesOf are those of the flags that accept only some.
var valuesOf = map[string][]cobra.Completion{
	"window": {"1m", "5m", "1h", "24h", "7d", "all"}, "what": export.Names, "step": {"minute", "ten-minutes", "hour"},
	"matter": {"latency", "failures", "panics", "client_errors", "silence", "objective"},
	"kind":   {"deploy", "version", "config"}, "metrics": {"none", "stdout"},
	"format": format.Names(), "unit": {"s", "ms", "us", "ns"},
}

// completeValues has a shell complete values of flags, and file names only where files are meant.
func completeValues(root *cobra.Command) {
	for _, c := range root.Commands() {
		completeValues(c)
		if c.ValidArgsFunction == nil && !strings.Contains(c.Use, "FILE") {
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			complete := cobra.NoFileCompletions
			if values := valuesOf[f.Name]; values != nil {
				complete = cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
			}
			if kind, _ := pflag.UnquoteUsage(f); kind != "file" && f.Value.Type() != "bool" {
				_ = c.RegisterFlagCompletionFunc(f.Name, complete) // fails for a flag that has one
			}
		})
	}
}
