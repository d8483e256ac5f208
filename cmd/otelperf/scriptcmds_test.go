// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// address NAME [taken] puts an address of this machine into $NAME: one that is free, or one that is listened at until the
// script ends. Its port is not of those that the system hands out, so that a free one stays free.
func address(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 || len(args) == 2 && args[1] != "taken" {
		ts.Fatalf("usage: address NAME [taken]")
	}
	var l net.Listener
	err := errors.New("no port was tried")
	for try := 0; err != nil && try < 100; try++ {
		l, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", 15000+rand.IntN(15000)))
	}
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	if len(args) == 2 {
		ts.Defer(func() { _ = l.Close() })
		return
	}
	ts.Check(l.Close())
}

// putline FILE TEXT writes a line to a file.
func putline(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: putline FILE TEXT")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(args[1]+"\n"), 0o600))
}

// exits STATUS PROGRAM [ARG...] runs a program and compares its exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status is %d, want %d", got, want)
	}
}

// terminate sends SIGTERM to the programs in the background.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: terminate")
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

const httpPatience = 2 * time.Minute // for a server that is still starting

// httpget URL writes the reply's status line and body to stdout, for the commands stdout and stderr. It tries again
// while nobody listens.
func httpget(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: httpget URL")
	}
	client := http.Client{Timeout: httpPatience}
	for deadline := time.Now().Add(httpPatience); ; time.Sleep(20 * time.Millisecond) {
		resp, err := client.Get(args[0])
		if err != nil {
			if time.Now().After(deadline) {
				ts.Fatalf("%v", err)
			}
			continue
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		ts.Check(err)
		_, err = fmt.Fprintf(ts.Stdout(), "%s %s\n%s", resp.Proto, resp.Status, body)
		ts.Check(err)
		return
	}
}
