// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf"
)

// revisionDigits is how much of a revision is shown: what git needs to find it in any repository.
const revisionDigits = 12

// version is what --version says behind the name: the library's version, the Go version and, of a build in a checkout, the revision.
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
	}
	return otelperf.Version + " (" + strings.Join(details, ", ") + ")"
}
