// SPDX-License-Identifier: Apache-2.0

package footprint

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// programs are those that have otelperf, and how many bytes more than without it a stripped one of linux/amd64 may have at most. Most of it
// is our code; a package of the standard library that calls methods by name, such as text/template, would add megabytes, since the linker
// keeps all methods then.
var programs = []struct {
	name string
	most int64
	more []string // modules, beside added
}{
	{name: "with", most: 5_800_000},
	{name: "history", most: 6_800_000, more: []string{"github.com/otelperf/otelperf-go/otelperf/history/bolt", "go.etcd.io/bbolt"}},
}

// added are the modules that every program has to link.
var added = []string{
	"github.com/DataDog/go-sqllexer",  // statements without their literals
	"github.com/axiomhq/hyperloglog",  // visitors
	"github.com/dgryski/go-metro",     // of hyperloglog
	"github.com/google/pprof",         // stacks of slow requests
	"github.com/kamstrup/intmap",      // of hyperloglog
	"github.com/otelperf/otelperf-go", // this one
	"golang.org/x/time",               // limits of a rate
}

// What otelperf adds to a program stays within bounds: bytes, and modules, none of which is an exporter.
func TestFootprint(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", dir+string(filepath.Separator), "./without", "./with", "./history")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bytes, modules := measure(t, dir, "without")
	for _, p := range programs {
		b, all := measure(t, dir, p.name)
		grown := b - bytes
		t.Logf("%s: %d bytes and %d modules more", p.name, grown, len(all)-len(modules))
		if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && grown > p.most {
			t.Errorf("%s: a program grows by %d bytes, want at most %d", p.name, grown, p.most)
		}
		more := slices.DeleteFunc(all, func(m string) bool { return slices.Contains(modules, m) })
		want := slices.Sorted(slices.Values(slices.Concat(added, p.more)))
		if !slices.Equal(more, want) {
			t.Errorf("%s: a program has these modules more: %q\nwant %q", p.name, more, want)
		}
	}
}

// measure returns how long a program is, and its modules.
func measure(t *testing.T, dir, name string) (bytes int64, modules []string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	f, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range info.Deps {
		modules = append(modules, m.Path)
	}
	return f.Size(), modules
}
