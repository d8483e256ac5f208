// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

func TestPostgres(t *testing.T) {
	url := startPostgres(t)
	r := newRig(t, func() (store, error) { return openPostgres(t.Context(), url) })
	checkOrders(t, r, "postgresql")
}

// startPostgres starts a PostgreSQL of its own that ends with the test, and returns where it listens: a socket in its folder.
func startPostgres(t *testing.T) (url string) {
	t.Helper()
	server := newServer(t)
	if out, err := server.command("initdb", "--version").CombinedOutput(); err != nil {
		exampletest.Missing(t, exampletest.Postgres, fmt.Sprintf("%s as user %s: %v %s", filepath.Join(server.bin, "initdb"), server.user, err, out))
	}
	data := filepath.Join(server.dir, "data")
	server.run(t, "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
	server.run(t, "pg_ctl", "-D", data, "-w", "-t", fmt.Sprint(exampletest.Patience.Seconds()), "-l", filepath.Join(server.dir, "log"),
		"-o", fmt.Sprintf("-c listen_addresses='' -k %s -c fsync=off", server.dir), "start")
	t.Cleanup(func() { _ = server.command("pg_ctl", "-D", data, "-m", "immediate", "stop").Run() })
	return fmt.Sprintf("postgres:///postgres?user=postgres&host=%s", server.dir)
}

// server is where the programs are, who runs them, and a folder that is theirs.
type server struct {
	bin, dir, user string
	credential     *syscall.Credential // nil: the user of the test
}

// newServer has root's programs run as the user that the Debian package makes, since they refuse to run as root.
func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{bin: postgresBin(t), user: "of the test"}
	dir, err := os.MkdirTemp("/tmp", "otelperf-postgres-") // open to every user, and short enough for a socket
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.dir = dir
	if os.Getuid() != 0 {
		return s
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		exampletest.Missing(t, exampletest.Postgres, fmt.Sprintf("root may not run it, and there is no other user: %v", err))
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	must(t, err)
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	must(t, err)
	must(t, os.Chown(dir, int(uid), int(gid)))
	s.user, s.credential = account.Username, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return s
}

// postgresBin is the folder of the programs: what PATH leads to, or Debian's newest.
func postgresBin(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		exampletest.Missing(t, exampletest.Postgres, "initdb is not in PATH: apt-get install postgresql")
	}
	return filepath.Dir(found[len(found)-1])
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "HOME="+s.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential}
	return cmd
}

func (s *server) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := s.command(name, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		t.Fatalf("%v: %v\n%s\n%s", cmd.Args, err, out, log)
	}
}

func TestRepeatedCallsOfPostgres(t *testing.T) {
	url := startPostgres(t)
	checkRepeated(t, func() (store, error) { return openPostgres(t.Context(), url) }, "postgresql SELECT products")
}
