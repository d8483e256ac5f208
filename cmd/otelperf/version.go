// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/otelperf"
)

// revisionDigits is how much of a revision is shown: what git needs to find it in any repository.
const revisionDigits = 12

// pseudoVersion is that of a module at a revision without a tag, which it ends with: https://go.dev/ref/mod#pseudo-versions.
var pseudoVersion = regexp.MustCompile(`[-.][0-9]{14}-([0-9a-f]{12})$`)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version, Go's, and the revision",
		Long: `Shows in a line the version, that of Go it was built with, and the revision where it is known: of a build in a checkout,
and of an installed version without a tag. --version does the same.`,
		Example: "  otelperf version",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeText(cmd.OutOrStdout(), "otelperf "+version()+"\n")
		},
	}
}

// version is what --version says behind the name: the library's version, the Go version and, where it is known, the revision: of a
// build in a checkout, and of an installed version without a tag.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	details := []string{info.GoVersion}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		text := "revision " + revision[:min(len(revision), revisionDigits)]
		if settings["vcs.modified"] == "true" {
			text += " modified"
		}
		details = append(details, text)
	} else if m := pseudoVersion.FindStringSubmatch(info.Main.Version); m != nil {
		details = append(details, "revision "+m[1])
	}
	return otelperf.Version + " (" + strings.Join(details, ", ") + ")"
}
