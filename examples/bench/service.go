// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"runtime/metrics"
	"slices"
	"strings"
	"time"
)

// load is what one turn of the service came to.
type load struct {
	perSecond float64 // requests, as many as it could
	p50, p99  float64 // µs, at a steady rate below that
	cpu       float64 // of the service's process, µs a request
	heap      float64 // MiB reachable in the end
	gc        float64 // percent of the CPU time
}

// turn is how long the parts of a turn take, and the rate of the part at a steady one.
type turn struct {
	warm, busy, steady time.Duration
	perSecond          float64
}

const (
	busyClients   = 8
	steadyClients = 32
	steadyShare   = 0.4 // of what the service can do without us
)

// line is a feature: one setup against another one.
type line struct{ feature, with, without string }

func serviceLines() []line {
	return []line{
		{"contrib zpages, to compare", sZpages, sWithout},
		{"processor and reader", sProcessor, sWithout},
		{"of it, anatomy", sProcessor, sNoAnatomy},
		{"Middleware", sMiddleware, sProcessor},
		{"an event for each request", sEvents, sMiddleware},
		{"10 viewers of the stream", sViewers, sMiddleware},
		{"Sampler over 1 %, RecordRoots (and processor)", sRoots, sWithout1},
		{"Sampler over 1 %, RecordSuspects (and processor)", sSuspects, sWithout1},
		{"Sampler over 1 %, RecordAll (and processor)", sAll, sWithout1},
		{"rescue", sRescue, sFailing},
	}
}

// order is one round of all setups: those that are compared near each other, otherwise drawn anew.
func order(all []setup) (out []setup) {
	var parts [2][]setup
	for _, i := range rand.Perm(len(all)) {
		part := 0
		if all[i].sampler != nil {
			part = 1
		}
		parts[part] = append(parts[part], all[i])
	}
	first := rand.IntN(2)
	return append(parts[first], parts[1-first]...)
}

// wholeService runs each setup once in each round, each time in a process of its own.
func wholeService(w io.Writer, quick bool) {
	all := setups()
	t := turn{300 * time.Millisecond, 800 * time.Millisecond, 800 * time.Millisecond, 1000}
	if quick {
		t = turn{100 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, 1000}
	}
	t.perSecond = steadyShare * t.run(all[0]).perSecond
	turns, n, began := map[string][]load{}, rounds(quick, 4, 20), time.Now()
	for round := range n {
		for _, s := range order(all) {
			turns[s.name] = append(turns[s.name], t.run(s))
		}
		progress("service: round %d of %d, %v so far", round+1, n, time.Since(began).Round(time.Second))
	}
	setupsGrid(turns, t).print(w)
	linesGrid(turns).print(w)
}

// run is one turn of a setup.
func (t turn) run(s setup) load {
	p := startService(s.name)
	defer p.stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range s.viewers {
		go view(ctx, p.address)
	}
	_, err := closedLoop(p.address, busyClients, t.warm)
	must(err)
	before, began := p.mark(), time.Now()
	busy, err := closedLoop(p.address, busyClients, t.busy)
	must(err)
	wall := time.Since(began)
	after := p.mark()
	steady, err := openLoop(p.address, steadyClients, t.perSecond, t.steady)
	must(err)
	slices.Sort(steady)
	at := func(q float64) float64 { return float64(steady[int(q*float64(len(steady)-1))]) / 1e3 }
	n, cpu := float64(len(busy)), after.Before-before.After
	return load{
		perSecond: n / wall.Seconds(), p50: at(0.5), p99: at(0.99),
		cpu: float64(cpu) / n / 1e3, heap: float64(after.Heap) / (1 << 20), gc: (after.GC - before.GC) / cpu.Seconds() * 100,
	}
}

func must(err error) {
	if err != nil {
		panic(fmt.Errorf("bench: load on the service: %w", err))
	}
}

// view reads the stream as a page does, until ctx ends.
func view(ctx context.Context, address string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+mounted+"stream", nil)
	must(err)
	resp, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
	if ctx.Err() != nil {
		return
	}
	must(err)
	if resp.StatusCode != http.StatusOK {
		panic("bench: the stream says " + resp.Status)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

// process is the service in a process of its own.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
}

func startService(name string) *process {
	p := &process{cmd: child(partService, name)}
	in, err := p.cmd.StdinPipe()
	must(err)
	out, err := p.cmd.StdoutPipe()
	must(err)
	p.in, p.out = in, bufio.NewReader(out)
	must(p.cmd.Start())
	said, err := p.out.ReadString('\n')
	must(err)
	p.address = strings.TrimSpace(said)
	return p
}

func (p *process) mark() (m mark) {
	_, err := io.WriteString(p.in, "mark\n")
	must(err)
	said, err := p.out.ReadBytes('\n')
	must(err)
	must(json.Unmarshal(said, &m))
	return m
}

func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// gcTime is the CPU time of all collections so far, in seconds, as the runtime estimates it.
func gcTime() float64 {
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64()
}
