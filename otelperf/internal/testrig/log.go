// SPDX-License-Identifier: Apache-2.0

package testrig

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// Log is what a program writes its log to. It may be written and read at the same time.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Logger writes all levels to l, as JSON.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Lines returns the lines so far that contain what.
func (l *Log) Lines(what string) (found []string) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, what) {
			found = append(found, line)
		}
	}
	return found
}
