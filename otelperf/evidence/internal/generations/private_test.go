// SPDX-License-Identifier: Apache-2.0

package generations_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"time"

	xtrace "golang.org/x/exp/trace"

	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/generations"
)

// said is what a trace has of strings of the program, of functions, and of reasons to wait.
type said struct{ program, functions, reasons []string }

func whatIsSaid(t *testing.T, b []byte) (s said) {
	t.Helper()
	r, err := xtrace.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		switch ev.Kind() {
		case xtrace.EventLog:
			s.program = append(s.program, ev.Log().Category, ev.Log().Message)
		case xtrace.EventTaskBegin:
			s.program = append(s.program, ev.Task().Type)
		case xtrace.EventRegionBegin:
			s.program = append(s.program, ev.Region().Type)
		case xtrace.EventStateTransition:
			s.reasons = append(s.reasons, ev.StateTransition().Reason)
		}
		for f := range ev.Stack().Frames() {
			s.functions = append(s.functions, f.Func+f.File)
		}
	}
}

// What the program has written into the trace is not in what is kept of it; all else is, byte for byte.
func TestStringsOfTheProgramAreCrossedOut(t *testing.T) {
	const secret = "SELECT * FROM users WHERE email='leak@example.com'"
	f := trace.NewFlightRecorder(trace.FlightRecorderConfig{MaxBytes: 1 << 30})
	if err := f.Start(); err != nil {
		t.Skip("another flight recorder is on")
	}
	defer f.Stop()
	ctx, task := trace.NewTask(context.Background(), secret+" task")
	trace.Log(ctx, "category "+secret, "message "+secret)
	trace.Log(ctx, "kept", "main.handler")
	trace.WithRegion(ctx, "region "+secret, func() { time.Sleep(time.Millisecond) })
	task.End()
	var whole bytes.Buffer
	if _, err := f.WriteTo(&whole); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(whole.String(), "leak@example.com") {
		t.Fatal("the trace does not have the secret")
	}
	private, err := generations.Private(whole.Bytes(), func(s string) bool { return s == "kept" })
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(private, []byte("leak")) || bytes.Contains(private, []byte("main.handler")) || len(private) != whole.Len() {
		t.Errorf("the secret is in the private trace, of %d bytes, want %d", len(private), whole.Len())
	}
	before, after := whatIsSaid(t, whole.Bytes()), whatIsSaid(t, private)
	if !slices.Equal(before.functions, after.functions) || !slices.Equal(before.reasons, after.reasons) {
		t.Error("functions or reasons are not those of the whole trace")
	}
	if len(after.program) != len(before.program) || !slices.Contains(after.program, "kept") {
		t.Errorf("the program said %q", after.program)
	}
	for _, s := range after.program {
		if s != "kept" && strings.Trim(s, "x") != "" {
			t.Errorf("the program said %q", s)
		}
	}
	if len(before.functions) == 0 || !slices.Contains(before.reasons, "sleep") {
		t.Errorf("the trace has %d functions and the reasons %q", len(before.functions), before.reasons)
	}
}

func FuzzPrivate(f *testing.F) {
	f.Add([]byte("go 1.26 trace\x00\x00\x00\x01\x01\x00\x00\x05\x04\x05\x01\x01a"))
	f.Add([]byte("go 1.26 trace\x00\x00\x00\x01\x01\x00\x00\x09\x02\x03\x01\x01\x01\x02\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		private, err := generations.Private(b, func(string) bool { return false })
		if err == nil && len(private) != len(b) {
			t.Errorf("%d bytes became %d", len(b), len(private))
		}
	})
}
