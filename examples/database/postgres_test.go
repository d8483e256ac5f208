// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
)

// startPostgres starts a PostgreSQL of its own that ends with the test, or skips the test where none is installed.
func startPostgres(t *testing.T) (url string) {
	t.Helper()
	bin := postgresBin(t)
	dir, err := os.MkdirTemp("", "postgres") // t.TempDir is not open to another user
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := func(args ...string) *exec.Cmd { return exec.Command(filepath.Join(bin, args[0]), args[1:]...) }
	if os.Getuid() == 0 { // initdb refuses to run as root
		account, err := user.Lookup("postgres")
		if err != nil {
			t.Skip("running as root, and there is no user postgres:", err)
		}
		uid, _ := strconv.Atoi(account.Uid)
		gid, _ := strconv.Atoi(account.Gid)
		must(t, os.Chown(dir, uid, gid))
		as = func(args ...string) *exec.Cmd {
			args[0] = filepath.Join(bin, args[0])
			return exec.Command("runuser", append([]string{"-u", "postgres", "--"}, args...)...)
		}
	}
	data, port := filepath.Join(dir, "data"), freePort(t)
	execute(t, as("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"))
	execute(t, as("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", fmt.Sprintf("-c listen_addresses=127.0.0.1 -p %d -k %s -c fsync=off", port, dir), "start"))
	t.Cleanup(func() { _ = as("pg_ctl", "-D", data, "-m", "immediate", "stop").Run() })
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", port)
}

func postgresBin(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Skip("PostgreSQL is not installed: initdb is not in PATH (apt-get install postgresql)")
	}
	return filepath.Dir(found[len(found)-1])
}

func execute(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Dir = os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
