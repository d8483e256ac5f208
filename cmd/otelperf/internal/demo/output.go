// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"io"
	"log"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/otelperf/otelperf-go/otelperf"
)

// lockedWriter keeps lines of the logger, the metric exporter and the demo apart: each comes in one Write.
type lockedWriter struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// newLogger writes what the Monitor logs, with times of the day and without what stands in the message of a request line already.
func newLogger(out io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: shorten}))
}

func shorten(groups []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05.000"))
	case "http.request.method", "http.response.body.size":
		return slog.Attr{}
	}
	return otelperf.ReplaceLevel(groups, a)
}

// newErrorLog is for an http.Server. Of what it is given it logs the first line, since the stack of a panic is long, and at most
// one such line a second.
func newErrorLog(l *slog.Logger) *log.Logger {
	return log.New(&firstLine{log: l, sometimes: rate.Sometimes{Interval: time.Second}}, "", 0)
}

type firstLine struct {
	log       *slog.Logger
	sometimes rate.Sometimes
}

func (f *firstLine) Write(p []byte) (int, error) {
	line, _, _ := strings.Cut(string(p), "\n")
	f.sometimes.Do(func() { f.log.Error(line) })
	return len(p), nil
}
