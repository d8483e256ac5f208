// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var firstProgram = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")

// The first program of the README, as it stands and without a variable of the environment, has nothing to mend.
func TestDoctorOfTheFirstProgram(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	code := firstProgram.FindSubmatch(text)
	if code == nil {
		t.Fatal("the README has no program")
	}
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "first.exe")
	if err := os.WriteFile(source, code[1], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return len(v) > 5 && v[:5] == "OTEL_" })
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	at := regexp.MustCompile(`http://[^/]+`).FindString(line)
	if err != nil || at == "" {
		t.Fatalf("the program says %q, %v", line, err)
	}
	for range 30 {
		resp, err := http.Get(at + "/hello/gopher")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if status, r, _ := doctorOf(t, at); status != exitOK || !slices.Contains(names(&r, false), "no_service_name") {
		t.Errorf("status %d, %+v", status, r.Findings)
	}
}
