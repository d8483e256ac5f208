// SPDX-License-Identifier: Apache-2.0

package outfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// What may not be had again is never replaced, whatever its name; what is else there is, with force.
func TestPreciousFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	history, err := bolt.Open(at("history.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := history.Close(); err != nil {
		t.Fatal(err)
	}
	mon, err := otelperf.New(otelperf.WithStateFile(at("state.zip")))
	if err != nil {
		t.Fatal(err)
	}
	if err := mon.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("sqlite.zip", "SQLite format 3\x00...")
	write("sqlite.zip-wal", "what is not in the database yet")
	write("alone-wal", "replace me")
	write("text.zip", "replace me")
	for name, want := range map[string]string{
		"history.zip": "is a history or another database", "sqlite.zip": "is a history or another database", "state.zip": "is a state file of a service",
		"sqlite.zip-wal": "is a part of " + at("sqlite.zip"), ".": "is a directory", "alone-wal": "", "text.zip": "", "new.zip": "",
	} {
		was, _ := os.ReadFile(at(name))
		err := Write(at(name), "", true, func(w io.Writer) error {
			_, err := io.WriteString(w, "new")
			return err
		})
		now, _ := os.ReadFile(at(name))
		switch refused := errors.Is(err, ErrRefused); {
		case want == "" && (err != nil || string(now) != "new"):
			t.Errorf("%s: %q, %v", name, now, err)
		case want != "" && (!refused || !strings.HasPrefix(err.Error(), "-o "+at(name)+" "+want) || !bytes.Equal(was, now)):
			t.Errorf("%s: %v, want that it %s and is as it was", name, err, want)
		}
	}
	if err := Write(at("text.zip"), "", false, func(io.Writer) error { return nil }); !errors.Is(err, ErrRefused) {
		t.Errorf("without force: %v", err)
	}
	broken := errors.New("broken")
	if err := Write(at("text.zip"), "", true, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("of what cannot be written: %v", err)
	}
	if now, _ := os.ReadFile(at("text.zip")); string(now) != "new" {
		t.Errorf("after a failure there is %q", now)
	}
	if left, _ := filepath.Glob(at(".*.*")); len(left) != 0 {
		t.Errorf("left behind is %q", left)
	}
	if os.Geteuid() > 0 { // root may read everything
		if err := os.Chmod(at("text.zip"), 0); err != nil {
			t.Fatal(err)
		}
		if err := MayWrite(at("text.zip"), "", true); !errors.Is(err, ErrRefused) {
			t.Errorf("what cannot be read: %v", err)
		}
	}
}
