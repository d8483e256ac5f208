// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"bytes"
	"os"
	"path/filepath"
)

// control reads what control groups and the kernel's pressure files tell. Its files are opened once; each read is one system call.
type control struct {
	throttle, quota, period, pressure *os.File // nil where there is none
	machine                           bool     // pressure is that of the whole machine
	buf                               [1024]byte

	periods, throttled, stalled float64 // as of the last read
	began                       bool
}

// openControl opens the files below root, which is "/" but in tests. CPU comes from version 1 where that has the controller. Of a group
// and those above it, the nearest with a quota counts.
func openControl(root string) *control {
	c := &control{}
	unified, cpu := findPlaces(root)
	for _, dir := range cpu.up() {
		c.openCPU(dir, "cpu.cfs_quota_us", "cpu.cfs_period_us")
	}
	if c.throttle == nil {
		for _, dir := range unified.up() {
			c.openCPU(dir, "cpu.max", "cpu.max")
		}
	}
	for _, file := range []string{filepath.Join(unified.dir, "memory.pressure"), filepath.Join(root, "proc/pressure/memory")} {
		c.pressure = open(file)
		if c.stalls() >= 0 {
			break
		}
		closeAll(c.pressure) // the kernel may be told to have no pressure files, and has them all the same
		c.pressure, c.machine = nil, true
	}
	return c
}

// stalls is for how many seconds work has waited for memory.
func (c *control) stalls() float64 { return c.number(c.text(c.pressure), "some ", "total=") / 1e6 }

// missing says what is not known on this system.
func (c *control) missing(system string) (what []string) {
	switch {
	case system != "linux":
		return []string{"CPU throttling, CPU quota and memory pressure are not known on " + system}
	case c.throttle == nil:
		what = append(what, "CPU throttling and CPU quota are not known: no control group with the CPU controller is seen from here")
	}
	switch {
	case c.pressure == nil:
		what = append(what, "memory pressure is not known: the kernel has no pressure stall information")
	case c.machine:
		what = append(what, "memory pressure is that of the whole machine: the control group's is not seen from here")
	}
	return what
}

// openCPU takes the files of one group, unless those of a nearer one with a quota are there, or this one has no counts of throttling.
func (c *control) openCPU(dir, quota, period string) {
	if c.throttle != nil && c.limit() == c.limit() {
		return
	}
	in := func(name string) *os.File { return open(filepath.Join(dir, name)) }
	next := &control{throttle: in("cpu.stat"), quota: in(quota), period: in(period)}
	if next.throttle == nil || !next.counts() || c.throttle != nil && next.limit() != next.limit() {
		next.close()
		return
	}
	closeAll(c.throttle, c.quota, c.period)
	c.throttle, c.quota, c.period = next.throttle, next.quota, next.period
}

// counts reports whether periods are counted in cpu.stat: the topmost group of version 2 has none.
func (c *control) counts() bool { return c.number(c.text(c.throttle), "nr_periods ") >= 0 }

// open is nil for what there is not, or may not be read.
func open(file string) *os.File {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	return f
}

func (c *control) close() { closeAll(c.throttle, c.quota, c.period, c.pressure) }

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // it was only read
		}
	}
}

// read fills in what belongs to the seconds since the last call; at the first call all is unknown.
func (c *control) read(seconds float64, v *values) {
	text := c.text(c.throttle)
	periods, throttled := c.number(text, "nr_periods "), c.number(text, "nr_throttled ")
	stalled := c.stalls()
	if c.began && seconds > 0 {
		v[cpuThrottled] = share(throttled-c.throttled, periods-c.periods)
		v[memoryPressure] = min(1, (stalled-c.stalled)/seconds)
	}
	c.periods, c.throttled, c.stalled, c.began = periods, throttled, stalled, true
}

// share is part of whole, and 0 of nothing.
func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// limit is the quota in CPUs; NaN if there is none.
func (c *control) limit() float64 {
	text := bytes.TrimSpace(c.text(c.quota)) // of version 2 "200000 100000" or "max 100000", of version 1 "200000" or "-1"
	first, period, both := bytes.Cut(text, []byte(" "))
	quota := parse(first)
	if !both {
		period = bytes.TrimSpace(c.text(c.period))
	}
	if each := parse(period); quota > 0 && each > 0 {
		return quota / each
	}
	return unknown
}

// text is what is in a file, up to the next call; nothing of nil, or if it cannot be read.
func (c *control) text(f *os.File) []byte {
	if f == nil {
		return nil
	}
	n, _ := f.ReadAt(c.buf[:], 0) // io.EOF mostly, as the file is short
	return c.buf[:n]
}

// number is the digits behind the words, each looked for behind the one before; NaN if they are not there.
func (c *control) number(text []byte, words ...string) float64 {
	for _, w := range words {
		i := bytes.Index(text, []byte(w))
		if i < 0 {
			return unknown
		}
		text = text[i+len(w):]
	}
	end := 0
	for end < len(text) && '0' <= text[end] && text[end] <= '9' {
		end++
	}
	return parse(text[:end])
}

// parse is a decimal number; NaN if text is none.
func parse(text []byte) float64 {
	if len(text) == 0 {
		return unknown
	}
	n := 0.0
	for _, digit := range text {
		if digit < '0' || '9' < digit {
			return unknown
		}
		n = 10*n + float64(digit-'0')
	}
	return n
}
