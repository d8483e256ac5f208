// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// childVariable makes a process of this program do a part of the work for the one that started it.
const childVariable = "OTELPERF_CAUSES_CHILD"

// Parts of the bench that are processes.
const (
	partBackend = "backend"
	partShop    = "shop"
	partLoad    = "load"
)

// addresses are what a child tells its parent about itself.
type addresses struct {
	Inventory, Database string // of the backend
	Shop, Admin         string // of the shop
}

// hello writes what the parent waits for.
func hello(a addresses) error { return json.NewEncoder(os.Stdout).Encode(a) }

// asChild does the part that the environment asks for. It reports false if there is none.
func asChild() bool {
	var err error
	switch os.Getenv(childVariable) {
	case "":
		return false
	case partBackend:
		if err = backendProcess(); err == nil {
			_, err = io.Copy(io.Discard, os.Stdin) // until the parent is gone
		}
	case partShop:
		err = shopProcess()
	case partLoad:
		err = loadProcess()
	}
	if err != nil {
		fail(err)
	}
	return true
}

func fail(err error) {
	_, _ = fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// child is a process of this program that does a part.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	addresses
}

// start starts a child with an argument, and waits until it is ready.
func start(part string, argument any) (*child, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(path)}
	c.cmd.Env = append(os.Environ(), childVariable+"="+part)
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = bufio.NewScanner(out)
	if err := c.send(argument); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	if err := c.receive(&c.addresses); err != nil {
		return nil, errors.Join(fmt.Errorf("the process %s: %w", part, err), c.stop())
	}
	return c, nil
}

// send writes a line to a child.
func (c *child) send(v any) error { return json.NewEncoder(c.in).Encode(v) }

// receive reads a line of a child.
func (c *child) receive(v any) error {
	if !c.out.Scan() {
		return errors.Join(io.ErrUnexpectedEOF, c.out.Err())
	}
	return json.Unmarshal(c.out.Bytes(), v)
}

// stop has a child end, and kills it if it does not.
func (c *child) stop() error {
	_ = c.in.Close() // it may have ended already
	timer := time.AfterFunc(3*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	err := c.cmd.Wait()
	removeQuota(c.cmd.Process.Pid)
	if _, ended := errors.AsType[*exec.ExitError](err); ended && !timer.Stop() {
		return nil // it was killed: with next to no CPU it could not end by itself
	}
	return err
}
