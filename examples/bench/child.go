// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// childVariable makes a process of this program do a part of the work for the process that started it.
const childVariable = "OTELPERF_BENCH_CHILD"

// Parts that a child can do; an argument may follow after a space.
const (
	partRequests = "requests"
	partService  = "service"
	partSteps    = "steps"
	partCPU      = "cpu"
)

// asChild does the part that the environment asks for. It reports false if there is none.
func asChild() bool {
	part, arg, _ := strings.Cut(os.Getenv(childVariable), " ")
	switch part {
	case "":
		return false
	case partRequests:
		if err := json.NewEncoder(os.Stdout).Encode(addedToRequests(arg)); err != nil {
			panic(err)
		}
	case partCPU:
		if err := json.NewEncoder(os.Stdout).Encode(addedToProcess(arg)); err != nil {
			panic(err)
		}
	case partService:
		serviceProcess(arg)
	case partSteps:
		stepped(arg)
	default:
		panic("bench: no part " + part)
	}
	return true
}

// child is this program in another process, to do a part.
func child(part, arg string) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), childVariable+"="+part+" "+arg)
	cmd.Stderr = os.Stderr
	return cmd
}

// progress tells a person who waits what goes on.
func progress(format string, args ...any) { _, _ = fmt.Fprintf(os.Stderr, format+"\n", args...) }
