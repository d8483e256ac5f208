// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Two processes of a service on a host never have one name, and one that is started again, also after a kill, has that which it had.
func TestNameOnHost(t *testing.T) {
	if dir := os.Getenv("SQLSTORE_NAME_IN"); dir != "" { // another process
		name, _ := onHost("pine", dir, "shop")
		_, _ = os.Stdout.WriteString(name + "\n")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
		return
	}
	dir := t.TempDir()
	if release, _ := lock(filepath.Join(dir, "x")); release == nil {
		t.Skip("there are no locks here")
	}
	first, release := onHost("pine", dir, "shop")
	other, _ := onHost("pine", dir, "cart")
	if first != "pine" || other != "pine" {
		t.Errorf("the first of two services are %q and %q", first, other)
	}
	start := func() (name string, kill func()) {
		t.Helper()
		cmd := exec.Command(os.Args[0], "-test.run=^TestNameOnHost$")
		cmd.Env = append(os.Environ(), "SQLSTORE_NAME_IN="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill = func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		t.Cleanup(kill)
		for b := make([]byte, 1); !strings.HasSuffix(name, "\n"); name += string(b) {
			if _, err := out.Read(b); err != nil {
				t.Fatal(err)
			}
		}
		return strings.TrimSpace(name), kill
	}
	second, kill := start()
	third, _ := start()
	if second != "pine/2" || third != "pine/3" {
		t.Errorf("the second is %q, the third %q", second, third)
	}
	kill()
	if again, _ := start(); again != second {
		t.Errorf("after a kill the second is %q", again)
	}
	release()
	if again, _ := start(); again != "pine" {
		t.Errorf("after its end the first is %q", again)
	}
	if name, _ := onHost("pine", filepath.Join(dir, "none"), "shop"); name != "pine/"+strconv.Itoa(os.Getpid()) {
		t.Errorf("where nothing can be locked it is %q", name)
	}
}

func TestDefaultInstance(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for attributes, want := range map[string]string{
		"service.name=shop,service.instance.id=shop%2D1": "shop-1", "service.instance.id=%zz": "", "": "",
	} {
		t.Setenv("OTEL_RESOURCE_ATTRIBUTES", attributes)
		name, release := defaultInstance("shop")
		release()
		if err := checkName("instance", name); err != nil || want != "" && name != want {
			t.Errorf("%q is %q, %v, want %q", attributes, name, err, want)
		}
	}
}
