// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progressEvery is the least time between two reports of progress.
const progressEvery = time.Second

// progress tells how far the reading is: on a terminal in one line that changes, else in a line each.
type progress struct {
	name     string
	sources  []*source
	to       io.Writer
	on, tty  bool
	began    time.Time
	reported time.Time
}

func newProgress(name string, sources []*source, to io.Writer, always bool) *progress {
	now := time.Now()
	tty := isTerminal(to)
	return &progress{name: name, sources: sources, to: to, on: always || tty, tty: tty, began: now, reported: now}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// report says how far it is after n requests, at most once a second.
func (p *progress) report(n uint64) {
	if !p.on {
		return
	}
	if now := time.Now(); now.Sub(p.reported) >= progressEvery {
		p.reported = now
		p.write(n, now.Sub(p.began))
	}
}

func (p *progress) write(n uint64, took time.Duration) {
	part := ""
	var size, read int64
	for _, s := range p.sources {
		if s.in.size == 0 { // not known
			size = 0
			break
		}
		size += s.in.size
		read += min(s.in.read, s.in.size)
	}
	if size > 0 {
		part = fmt.Sprintf("%.0f %%, ", 100*float64(read)/float64(size))
	}
	line := fmt.Sprintf("%s: %s%s requests, %s/s", p.name, part, grouped(n), grouped(uint64(float64(n)/max(took.Seconds(), 1e-3))))
	if p.tty {
		_, _ = fmt.Fprintf(p.to, "\r\x1b[K%s", line)
		return
	}
	_, _ = fmt.Fprintln(p.to, line)
}

// clear makes room for another line.
func (p *progress) clear() {
	if p.on && p.tty {
		_, _ = fmt.Fprint(p.to, "\r\x1b[K")
	}
}

// done says how fast it was.
func (p *progress) done(n uint64) {
	p.clear()
	if p.on && !p.tty {
		p.write(n, time.Since(p.began))
	}
}
