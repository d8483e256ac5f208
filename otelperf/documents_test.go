// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The newest version of the changelog is that of the code.
func TestChangelogHasTheVersion(t *testing.T) {
	m := versionHeading.FindStringSubmatch(read(t, "../CHANGELOG.md"))
	if m == nil || m[1] != Version {
		t.Errorf("the newest heading of the changelog is %q, the code has version %s", m, Version)
	}
}

var versionHeading = regexp.MustCompile(`(?m)^## (\S+)`)

// Every file that a document links to is there, and so is every section.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	links := 0
	for _, pattern := range []string{"../*.md", "../.github/*.md", "*.md", "*/*.md", "../spikeprocessor/*.md", "../cmd/otelperf/*.md", "../examples/*.md", "../examples/*/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
				target, anchor, _ := strings.Cut(m[1], "#")
				if strings.Contains(target, "://") {
					continue
				}
				links++
				to := file
				if target != "" {
					to = filepath.Join(filepath.Dir(file), target)
				}
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s links to %s: %v", file, m[1], err)
				} else if anchor != "" && !slices.Contains(anchors(read(t, to)), anchor) {
					t.Errorf("%s links to %s, and there is no such section", file, m[1])
				}
			}
		}
	}
	if links < 30 {
		t.Errorf("%d links were found: the test reads the documents wrongly", links)
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// anchors are the names by which GitHub links to the sections of a text.
func anchors(text string) (all []string) {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := notInAnchors.ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

var (
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)
