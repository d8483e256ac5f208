// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"time"
)

// writeProfiles makes a CPU profile of each level of the request path, with our processor, and of the whole service, in dir:
// NAME.pprof, and NAME.txt, the functions that take the most, if the go command is there to say so.
func writeProfiles(w io.Writer, dir string, quick bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	lean, d := named(vLean)[0], time.Duration(rounds(quick, 1, 5))*time.Second
	h, stop := withMiddleware()
	defer stop()
	for _, p := range []struct {
		name string
		run  subject
	}{
		{"hot", hot(lean)},
		{"hot-in-flight", hot(named(vOurs)[0])},
		{"span", whole(lean)},
		{"children", withChildren(lean)},
		{"request", requestSubjects([]variant{lean})[0]},
		{"middleware", serve(vMiddleware, h)},
	} {
		path := filepath.Join(dir, p.name)
		if err := writeProfile(path+".pprof", p.run, d); err != nil {
			return err
		}
		profiled(w, path)
	}
	for name, setup := range map[string]string{"service": sMiddleware, "service-without": sWithout, "service-sampler": sAll} {
		path := filepath.Join(dir, name)
		if err := profileService(path+".pprof", setup, d); err != nil {
			return err
		}
		profiled(w, path)
	}
	return nil
}

// profiled names the files that there are.
func profiled(w io.Writer, path string) {
	said := path + ".pprof"
	if err := writeTop(path); err == nil {
		said += ", " + path + ".txt"
	} else {
		progress("profile %s: no text: %v", path, err)
	}
	_, _ = fmt.Fprintf(w, "- %s\n", said)
}

// profileVariable has a service process write a CPU profile of its whole life to a file.
const profileVariable = "OTELPERF_BENCH_PROFILE"

// profileService profiles the service under as much load as it takes.
func profileService(path, setup string, d time.Duration) error {
	if err := os.Setenv(profileVariable, path); err != nil {
		return err
	}
	p := startService(setup)
	_ = os.Unsetenv(profileVariable)
	defer p.stop() // and writes it
	_, err := closedLoop(p.address, busyClients, d)
	return err
}

// profiling does what profileVariable asks for, until stop.
func profiling() (stop func()) {
	path := os.Getenv(profileVariable)
	if path == "" {
		return func() {}
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		panic(err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}
}

func writeProfile(path string, s subject, d time.Duration) error {
	n := calibrate(s, 50*time.Millisecond)
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		_ = f.Close()
		return err
	}
	for end := time.Now().Add(d); time.Now().Before(end); {
		s.run(n)
	}
	pprof.StopCPUProfile()
	return f.Close()
}

// writeTop has the go command say where the time of path.pprof goes: first by function, then with what each calls.
func writeTop(path string) error {
	var text []byte
	for _, order := range []string{"-flat", "-cum"} {
		out, err := exec.Command("go", "tool", "pprof", "-top", order, "-nodecount=40", path+".pprof").Output()
		if err != nil {
			return err
		}
		text = append(append(text, out...), '\n')
	}
	return os.WriteFile(path+".txt", text, 0o644)
}
