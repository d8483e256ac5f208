// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parts writes the incident into files: by halves of its time, or line by line in turn.
func parts(t *testing.T, part func(i, n int) int, count int) []string {
	t.Helper()
	raw, err := io.ReadAll(incident())
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(raw))
	files, names := make([][]byte, count), make([]string, count)
	for i, line := range lines {
		p := part(i, len(lines))
		files[p] = append(files[p], line...)
	}
	for i := range files {
		names[i] = filepath.Join(t.TempDir(), fmt.Sprintf("%d.csv", i))
		if err := os.WriteFile(names[i], files[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// replayed returns what is said of some files, without their names.
func replayed(t *testing.T, files ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := config(t, files...)
	c.JSON, c.Stdout, c.Stderr = false, &stdout, &stderr
	if err := Run(t.Context(), c); err != nil || stderr.Len() > 0 {
		t.Fatal(err, stderr.String())
	}
	_, report, _ := strings.Cut(stdout.String(), " requests of ")
	return report
}

// TestFilesAreOneStreamInAnyOrder: what was cut in two, right where the spike begins, or in three whose lines are in turn, is what it was.
func TestFilesAreOneStreamInAnyOrder(t *testing.T) {
	whole := replayed(t, parts(t, func(int, int) int { return 0 }, 1)...)
	if !strings.Contains(whole, "00:40:00") {
		t.Fatalf("there is no spike: %s", whole)
	}
	rotated := parts(t, func(i, n int) int { return i * 3 / (2 * n) }, 2)
	inTurn := parts(t, func(i, _ int) int { return i % 3 }, 3)
	for _, files := range [][]string{rotated, {rotated[1], rotated[0]}, inTurn, {inTurn[2], inTurn[0], inTurn[1]}} {
		if got := replayed(t, files...); got != whole {
			t.Errorf("%v\n%s\nwant\n%s", files, got, whole)
		}
	}
}

// TestDamagedTimeInOneOfSeveralFiles is left out, and holds back nothing of its file.
func TestDamagedTimeInOneOfSeveralFiles(t *testing.T) {
	files := parts(t, func(i, _ int) int { return i % 2 }, 2)
	want := replayed(t, files...)
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.IndexByte(raw[len(raw)/3:], '\n') + len(raw)/3 + 1
	damaged := slices.Concat(raw[:at], []byte("2031-01-01T00:00:00Z,/endpoint/1,5,200\n"), raw[at:])
	if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := config(t, files...)
	c.JSON, c.Stdout, c.Stderr = false, &stdout, &stderr
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), errLeap.Error()) {
		t.Errorf("on standard error: %s", stderr.String())
	}
	_, got, _ := strings.Cut(stdout.String(), " requests of ")
	got = strings.Replace(got, "1 request left out: the time leaps ahead and others do not follow\n", "", 1)
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
