// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestRecognize(t *testing.T) {
	const log = `h - - [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "-" `
	tests := []struct{ name, text, want string }{
		{"CSV with header", "timestamp,route,duration_ms,status\n", CSV},
		{"CSV without", "2026-03-02T10:00:00Z,/a,1,200", CSV},
		{"CSV after damage", "x\n\n2026-03-02T10:00:00Z,/a,1,200\n", CSV},
		{"OTLP", "\n  {\"resourceSpans\":[]}", "otlp"},
		{"nginx", log + "0.045\n", "nginx"},
		{"a number of any unit", log + "45000\n", ""},
		{"none", "hello\nworld\n", ""},
		{"log without a duration", strings.TrimSpace(log), ""},
		{"damage without end", strings.Repeat("x\n", 100), ""},
	}
	for _, tt := range tests {
		got := ""
		if k, err := recognize([]byte(tt.text), true, &Options{}); k != nil {
			got = k.name
		} else if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v, want ErrUnknown", tt.name, err)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOpenUnknown(t *testing.T) {
	for _, text := range []string{"hello\nworld\n", strings.Repeat("hello\n", MaxLine), strings.Repeat("x", 2*MaxLine)} {
		if _, err := Open(strings.NewReader(text), Options{Format: Auto}); !errors.Is(err, ErrUnknown) {
			t.Errorf("%.10q: %v, want ErrUnknown", text, err)
		}
	}
}

// TestOpenFollows: the format is told by the first line, before the stream has more or ends.
func TestOpenFollows(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		for _, part := range []string{"time", "stamp,route,duration_ms\n", "2026-03-02T10:00:00Z,/a,1\n"} {
			_, _ = io.WriteString(w, part)
		}
		_ = w.Close()
	}()
	reader, err := Open(r, Options{Format: Auto})
	if err != nil {
		t.Fatal(err)
	}
	var c collected
	if err := reader.Run(&c); err != nil || len(c.requests) != 1 {
		t.Errorf("%v, %q", err, c.requests)
	}
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	for format, text := range map[string]string{CSV: "2026-03-02T10:00:00Z,/a,1,200\n", "otlp": oneSpan, "nginx": "x\n", Auto: ""} {
		r, err := Open(io.MultiReader(strings.NewReader(text), errReader{broken}), Options{Format: format})
		if err == nil {
			err = r.Run(&collected{})
		}
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v, want the error of the stream", format, err)
		}
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
