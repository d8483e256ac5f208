// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/codes"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file below testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

// checkout is a slow request with something of everything.
func checkout() *Entry {
	children := []Span{
		span(2, 1, "load cart", 3, 440),
		call(4, 1, "cache", 441, 442, Call{Category: Cache, DBSystem: "redis", DBStatement: "GET cart:17"}),
		get(5, 1, 445, 590, "http://inventory:8080/items/4711"),
		span(6, 1, "render", 592, 600),
		call(7, 1, "publish", 598, 650, Call{Category: Messaging, MessagingSystem: "kafka", MessagingDestination: "orders"}),
	}
	for i := range 87 {
		at := 5 + float64(i)*5
		children = append(children, sqlCall(100+i, 2, at, at+4.5, fmt.Sprintf("SELECT * FROM users WHERE id = %d", i)))
	}
	broken := get(8, 1, 443, 445, "http://inventory:8080/stock")
	broken.Status, broken.ErrType, broken.ErrMessage = codes.Error, "*net.OpError", "connection refused"
	children = append(children, broken)
	return &Entry{
		TraceID: traceID(0x4bf92f), SpanID: spanID(1), ParentSpanID: spanID(99), Method: "GET", Route: "/checkout", Kind: "server", Path: "/checkout",
		Status: 500, Outcome: OutcomeServerError, Start: epoch, Duration: 601 * time.Millisecond, Threshold: 500 * time.Millisecond,
		BaselineP99: 42 * time.Millisecond, Ratio: 14.31, Reason: ReasonThreshold, Sampled: true,
		Error: ErrorInfo{Type: "*shop.Error", Message: "no stock", Stack: "goroutine 1 [running]:"}, Dimensions: map[string]string{"tenant.id": "7"},
		Anatomy: Build(root(601), children, BuildOptions{Dropped: 2, Normal: Normal{Breakdown: Breakdown{DB: 12}, Samples: 50}}),
	}
}

func draw(t *testing.T, e *Entry, width int) string {
	t.Helper()
	var b strings.Builder
	if err := Render(&b, e, width); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRender(t *testing.T) {
	golden(t, "render100.golden", []byte(draw(t, checkout(), 0)))
	golden(t, "render60.golden", []byte(draw(t, checkout(), 1)))
	bare := request(1, "/a", time.Second, ReasonFailed)
	golden(t, "renderbare.golden", []byte(draw(t, bare, 100)))
}

// A program that reads an entry from JSON draws the same.
func TestRenderFromJSON(t *testing.T) {
	data, err := json.Marshal(checkout())
	if err != nil {
		t.Fatal(err)
	}
	var back Entry
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if got, want := draw(t, &back, 100), draw(t, checkout(), 100); got != want {
		t.Errorf("from JSON:\n%s\nbefore:\n%s", got, want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("full")

func TestRenderReportsTheWriter(t *testing.T) {
	if err := Render(fullDisk{}, checkout(), 100); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the error of the writer", err)
	}
}

// FuzzRender draws entries from anywhere: lines keep to the width and nothing acts on the terminal.
func FuzzRender(f *testing.F) {
	data, err := json.Marshal(checkout())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, 100)
	f.Add([]byte(`{"path":"\u001b[2J","anatomy":{"root":{"name":"a\nb","duration_ms":1e308,"children":[null,{"offset_ms":-1e308,"duration_ms":1e308,"late":true},{"offset_ms":1e308}]},"findings":[{"text":"\u0007 \u202e"}]}}`), 60)
	f.Add([]byte(`{"anatomy":{"root":null}}`), 400)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		var e Entry
		if json.Unmarshal(data, &e) != nil {
			return
		}
		for line := range strings.Lines(draw(t, &e, width)) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > maxWidth || n > max(width, minWidth) && width != 0 {
				t.Errorf("a line of %d columns, width %d: %q", n, width, line)
			}
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("control characters in %q", line)
			}
		}
		if _, err := OTLP(func(yield func(*Entry) bool) { yield(&e) }); err != nil {
			t.Errorf("OTLP: %v", err)
		}
	})
}
