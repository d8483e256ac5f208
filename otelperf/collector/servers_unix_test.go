// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collector

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
)

// missing skips a test for want of a program, or fails it where OTELPERF_REQUIRE has its name.
func missing(t *testing.T, name string, why any) {
	t.Helper()
	for required := range strings.FieldsSeq(os.Getenv("OTELPERF_REQUIRE")) {
		if required == name {
			t.Fatalf("OTELPERF_REQUIRE has %s, which cannot be used: %v", name, why)
		}
	}
	t.Skipf("%s cannot be used: %v (OTELPERF_REQUIRE=%s makes that a failure)", name, why, name)
}

// startRedis starts a redis-server that ends with the test, and returns its socket.
func startRedis(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		missing(t, "redis", err)
	}
	dir := shortDir(t)
	socket := filepath.Join(dir, "redis.sock")
	start(t, exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir))
	eventually(t, "redis listens", func() bool { _, err := os.Stat(socket); return err == nil })
	return socket
}

// shortDir is a folder for sockets, whose paths have to be short.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "otelperf-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// start starts a program that is killed at the end of the test.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// postgres is a PostgreSQL of a test's own.
type postgres struct {
	*testing.T
	bin, dir   string
	credential *syscall.Credential // of who runs its programs: it refuses to run as root
}

// startPostgres starts one that ends with the test.
func startPostgres(t *testing.T) *postgres {
	t.Helper()
	p := &postgres{T: t, dir: shortDir(t)}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		missing(t, "postgres", "there is no initdb")
	}
	path, err := filepath.EvalSymlinks(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	p.bin = filepath.Dir(path)
	if os.Getuid() == 0 {
		account, err := user.Lookup("postgres")
		if err != nil {
			missing(t, "postgres", err)
		}
		uid, _ := strconv.ParseUint(account.Uid, 10, 32)
		gid, _ := strconv.ParseUint(account.Gid, 10, 32)
		if err := os.Chown(p.dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
		p.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	data := filepath.Join(p.dir, "data")
	p.run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
	t.Cleanup(func() { _ = p.command("pg_ctl", "-D", data, "-m", "immediate", "stop").Run() })
	p.run("pg_ctl", "-D", data, "-w", "-t", "3600", "-l", filepath.Join(p.dir, "log"), "-o", fmt.Sprintf("-c listen_addresses='' -k %s -c fsync=off", p.dir), "start")
	return p
}

func (p *postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = p.dir, &syscall.SysProcAttr{Credential: p.credential}
	return cmd
}

func (p *postgres) run(name string, args ...string) {
	p.Helper()
	if out, err := p.command(name, args...).CombinedOutput(); err != nil {
		p.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// sql runs a statement.
func (p *postgres) sql(text string) {
	p.Helper()
	p.run("psql", "-h", p.dir, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-c", text)
}
