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

// most is how many bytes a stripped program of linux/amd64 may grow by. Most of it is our code; a package of the standard library
// that calls methods by name, such as text/template, would add megabytes, since the linker keeps all methods then.
const most = 6_400_000

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
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", dir+string(filepath.Separator), "./without", "./with")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var bytes [2]int64
	var modules [2][]string
	for i, name := range []string{"without", "with"} {
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
		bytes[i] = f.Size()
		for _, m := range info.Deps {
			modules[i] = append(modules[i], m.Path)
		}
	}
	grown := bytes[1] - bytes[0]
	t.Logf("%d bytes and %d modules more", grown, len(modules[1])-len(modules[0]))
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && grown > most {
		t.Errorf("a program grows by %d bytes, want at most %d", grown, most)
	}
	more := slices.DeleteFunc(modules[1], func(m string) bool { return slices.Contains(modules[0], m) })
	if !slices.Equal(more, added) {
		t.Errorf("a program has these modules more: %q\nwant %q", more, added)
	}
}
