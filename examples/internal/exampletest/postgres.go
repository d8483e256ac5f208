// SPDX-License-Identifier: Apache-2.0

//go:build unix

package exampletest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PostgresServer is a PostgreSQL of a test's own.
type PostgresServer struct {
	URL string // of its superuser; it listens on a socket in a folder of its own

	bin, dir, user string
	credential     *syscall.Credential // of who runs the programs; nil: the user of the test
}

// StartPostgres starts a PostgreSQL, with settings such as "fsync=on", that ends with the test.
func StartPostgres(tb testing.TB, settings ...string) *PostgresServer {
	tb.Helper()
	s := newPostgres(tb)
	if out, err := s.command("initdb", "--version").CombinedOutput(); err != nil {
		Missing(tb, Postgres, fmt.Sprintf("%s as user %s: %v %s", filepath.Join(s.bin, "initdb"), s.user, err, out))
	}
	s.run(tb, "initdb", "-D", s.data(), "-A", "trust", "-U", "postgres", "--no-sync")
	config := fmt.Sprintf("listen_addresses=''\nunix_socket_directories='%s'\nfsync=off\n%s\n", s.dir, strings.Join(settings, "\n"))
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(config)
		_ = file.Close()
	}
	if err != nil {
		tb.Fatal(err)
	}
	s.Start(tb)
	tb.Cleanup(func() { _ = s.command("pg_ctl", "-D", s.data(), "-m", "immediate", "stop").Run() })
	s.URL = fmt.Sprintf("postgres:///postgres?user=postgres&host=%s", s.dir)
	return s
}

// newPostgres has root's programs run as the user that the Debian package makes, since they refuse to run as root.
func newPostgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	must := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	s := &PostgresServer{bin: postgresBin(tb), user: "of the test"}
	dir, err := os.MkdirTemp("/tmp", "otelperf-postgres-") // open to every user, and short enough for a socket
	must(err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.dir = dir
	if os.Getuid() != 0 {
		return s
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		Missing(tb, Postgres, fmt.Sprintf("root may not run it, and there is no other user: %v", err))
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	must(err)
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	must(err)
	must(os.Chown(dir, int(uid), int(gid)))
	s.user, s.credential = account.Username, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return s
}

// postgresBin is the folder of the programs: what PATH leads to, or Debian's newest.
func postgresBin(tb testing.TB) string {
	tb.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		Missing(tb, Postgres, "initdb is not in PATH: apt-get install postgresql")
	}
	return filepath.Dir(found[len(found)-1])
}

// Folder makes a folder of the server's own in another.
func (s *PostgresServer) Folder(tb testing.TB, in string) string {
	tb.Helper()
	path := filepath.Join(in, "postgres")
	err := os.Mkdir(path, 0o700)
	if err == nil && s.credential != nil {
		err = os.Chown(path, int(s.credential.Uid), int(s.credential.Gid))
	}
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

func (s *PostgresServer) data() string { return filepath.Join(s.dir, "data") }

// Start starts it again after Kill, once the last process of before is gone: until then PostgreSQL refuses to.
func (s *PostgresServer) Start(tb testing.TB) {
	tb.Helper()
	log := filepath.Join(s.dir, "log")
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		_ = os.Remove(log)
		cmd := s.command("pg_ctl", "-D", s.data(), "-w", "-t", fmt.Sprint(Patience.Seconds()), "-l", log, "start")
		out, err := cmd.CombinedOutput()
		if err == nil {
			return
		}
		said, _ := os.ReadFile(log)
		before := strings.Contains(string(said), "is still in use") || strings.Contains(string(said), `"postmaster.pid" already exists`)
		if !before || time.Since(began) > Patience {
			tb.Fatalf("%v: %v\n%s\n%s", cmd.Args, err, out, said)
		}
	}
}

// Kill ends the first of its processes by SIGKILL, upon which the others end by themselves.
func (s *PostgresServer) Kill(tb testing.TB) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		tb.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid < 2 {
		tb.Fatalf("process id %q: %v", first, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		tb.Fatal(err)
	}
}

func (s *PostgresServer) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "HOME="+s.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential}
	return cmd
}

func (s *PostgresServer) run(tb testing.TB, name string, args ...string) {
	tb.Helper()
	cmd := s.command(name, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		tb.Fatalf("%v: %v\n%s\n%s", cmd.Args, err, out, log)
	}
}
