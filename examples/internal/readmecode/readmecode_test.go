// SPDX-License-Identifier: Apache-2.0

package readmecode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module is the library's.
const module = "../../.."

func TestBlocks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"README.md":        "# Title\n\n```go\nmux.Handle(\"/\", nil)\n```\n\n```sh\ngo test\n```\n\n```go\npackage main\n\nfunc main() {}\n```\n",
		"sub/README.md":    "```go\r\nfunc one() int { return 1 }\r\n```\r\n",
		"sub/NOTES.md":     "```go\nnot read\n```\n",
		"nested/README.md": "```go\nnot of this module\n```\n",
		"nested/go.mod":    "module nested\n",
		".git/README.md":   "```go\nnot of this module\n```\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Blocks(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Block{
		{"README.md", 4, "mux.Handle(\"/\", nil)\n"},
		{"README.md", 12, "package main\n\nfunc main() {}\n"},
		{filepath.Join("sub", "README.md"), 2, "func one() int { return 1 }\n"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] || got[i].Program() != (i == 1) {
			t.Errorf("got %+v, a program: %v, want %+v", got[i], got[i].Program(), want[i])
		}
	}
}

// What compiles is let through, and what does not is reported at its line in the README.
func TestBuild(t *testing.T) {
	good := []Block{
		{"README.md", 10, "package main\n\nimport \"github.com/otelperf/otelperf-go/otelperf\"\n\nfunc main() { println(otelperf.Version) }\n"},
		{"README.md", 20, "expvar.Publish(\"otelperf\", mon.Var())\nmux.Handle(\"/\", mon.Handler())\n"},
		{"README.md", 30, "func newMonitor() (*otelperf.Monitor, error) {\n\treturn otelperf.New()\n}\n"},
	}
	binaries, err := Build(module, t.TempDir(), good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binaries[0]); err != nil || len(binaries) != len(good) || binaries[1] != "" || binaries[2] != "" {
		t.Errorf("binaries are %q (%v), want one of the program alone", binaries, err)
	}
	for _, tt := range []struct {
		bad  Block
		want string
	}{
		{Block{"sub/README.md", 7, "mon.Nothing()\n"}, "sub/README.md:7"},
		{Block{"README.md", 7, "x := 1\nmux.Handle(\"/\", mon.Handler())\n"}, "README.md:7"},
		{Block{"README.md", 7, "func f() {\n\tfmt.Println(\"not imported\")\n}\n"}, "README.md:8"},
		{Block{"README.md", 7, "package main\n\nfunc main() { undefined() }\n"}, "README.md:9"},
		{Block{"README.md", 7, "this is no Go\n"}, "README.md:7"},
	} {
		if _, err := Build(module, t.TempDir(), []Block{tt.bad}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want an error at %s", tt.bad.Code, err, tt.want)
		}
	}
}
