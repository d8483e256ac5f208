// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// commandModules are what the command needs and nobody else: the SDK of the Model Context Protocol with all that it brings along, the
// terminal, the command line, Parquet.
var commandModules = []string{
	"github.com/modelcontextprotocol/go-sdk", "github.com/google/jsonschema-go", "github.com/segmentio/encoding", "github.com/segmentio/asm",
	"github.com/yosida95/uritemplate/v3", "github.com/golang-jwt/jwt/v5", "golang.org/x/oauth2",
	"charm.land/bubbletea/v2", "charm.land/lipgloss/v2", "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/parquet-go/parquet-go",
}

// Who imports the library gets nothing of it, not even as a line of a module graph.
func TestLibraryWithoutTheCommandsModules(t *testing.T) {
	library, command := modules(t, "../.."), modules(t, ".")
	for _, path := range commandModules {
		if slices.Contains(library, path) {
			t.Errorf("%s is in the module graph of the library", path)
		}
		if !slices.Contains(command, path) {
			t.Errorf("%s is not even in that of the command: it is to be left out of the list", path)
		}
	}
	if !slices.Contains(library, "go.opentelemetry.io/otel") {
		t.Errorf("the module graph of the library is %q", library)
	}
}

// modules is the module graph of the module in a directory, by path.
func modules(t *testing.T, dir string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Path}}", "all")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -m all in %s: %v", dir, err)
	}
	return strings.Fields(string(out))
}
