// SPDX-License-Identifier: Apache-2.0

package outfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

const (
	sqliteMagic = "SQLite format 3\x00"
	stateMagic  = `"otelperf-baselines"` // in the first line of what WithStateFile writes
	maxHead     = 1 << 10                // bytes of a file that are looked at
)

// besides are the endings of what SQLite has beside a database: parts of it, while it is open or after a crash.
var besides = []string{"-wal", "-shm", "-journal"}

// precious says what a file is that must not be replaced, "" if it may be.
func precious(path string) string {
	for _, ending := range besides {
		if of, ok := strings.CutSuffix(path, ending); ok {
			if what := precious(of); what != "" {
				return "a part of " + of
			}
		}
	}
	if bolt.IsHistory(path) {
		return "a history or another database"
	}
	switch head, err := beginning(path); {
	case errors.Is(err, os.ErrNotExist):
		return ""
	case err != nil:
		return "a file that cannot be read, so that nobody knows what it is"
	case bytes.HasPrefix(head, []byte(sqliteMagic)):
		return "a history or another database"
	case bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(stateMagic)):
		return "a state file of a service"
	}
	return ""
}

// beginning is that of a file.
func beginning(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // was only read
	return io.ReadAll(io.LimitReader(f, maxHead))
}
