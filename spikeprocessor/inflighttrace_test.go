// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"strings"
	"testing"
)

// Each row is one order of the steps of who asks a slot of the front for the trace of its request (hold, know, release), of who marks it, of a child, and
// of its end; then the marks that the end returned and what the slot knows.
func TestFrontSlotKnowsItsTrace(t *testing.T) {
	const id = 42
	s := snapshots(1, true)[0]
	for _, tt := range []struct {
		steps string
		marks uint64
		knows bool
	}{
		{"end", 0, false},
		{"hold know release", 0, true},
		{"hold know release end", 0, false},
		{"hold know release mark end", markAside, false},
		{"hold know mark end release", traceMarks, false},
		{"hold know end mark release", traceMarks, false}, // it may be marked until it is released
		{"hold end know mark release", traceMarks, false},
		{"hold end release", traceMarks, false},
		{"mark end", 0, false}, // nobody has asked: it is in no survey
		{"child", 0, true},
		{"child end", markParent, false},
		{"child mark end", markParent | markAside, false},
		{"hold child know release end", markParent, false},
		{"hold child release end", traceMarks, false}, // something of it may be anywhere
		{"hold child end release", traceMarks, false},
		{"end child hold know", 0, false},
	} {
		t.Run(tt.steps, func(t *testing.T) {
			table := withFront(64)
			tw := table.hash.of(s.SpanContext().TraceID())
			table.startAs(spanID(id), s)
			sl, own := table.front.find(spanID(id))
			var marks uint64
			held, ended := false, false
			for step := range strings.FieldsSeq(tt.steps) {
				switch step {
				case "hold":
					held = sl.word.CompareAndSwap(own|slotUsed, own|slotBusy)
				case "know":
					if held {
						sl.know(tw, 0)
					}
				case "release":
					sl.release(own)
				case "mark":
					if sl.mark(tw, markAside) && ended {
						t.Error("a request is marked that has ended")
					}
				case "child":
					table.child(spanID(id), s)
				case "end":
					ended = true
					var ok bool
					if marks, ok = table.front.end(spanID(id), tw, &table.ended); !ok {
						t.Error("the request is not found at its end")
					}
				}
			}
			if marks != tt.marks {
				t.Errorf("its marks are %b, want %b", marks, tt.marks)
			}
			if knows := sl.trace.Load()&^traceMarks == tw; knows != tt.knows {
				t.Errorf("the slot knows the trace: %v, want %v", knows, tt.knows)
			}
			if ended := table.ended.has(tw); ended != (marks&markParent != 0) {
				t.Errorf("its trace is one that has ended: %v, marks %b", ended, marks)
			}
			table.startAs(spanID(id), s) // whatever was left there
			if got := sl.ask(&table.hash); got != tw {
				t.Errorf("the next request there, asked: %x, want %x", got, tw)
			}
		})
	}
}

// A survey that begins before anybody knows a request's trace asks for it.
func TestSurveyAsks(t *testing.T) {
	table := withFront(64)
	s := snapshots(1, true)[0]
	table.startAs(spanID(1), s)
	v := newSurvey(table)
	v.take(table)
	if tw := table.hash.of(s.SpanContext().TraceID()); v.n != 1 || !v.mark(tw) || !table.runs(s.SpanContext().TraceID()) {
		t.Errorf("%d requests are in the survey", v.n)
	}
	sl, own := table.front.find(spanID(1))
	sl.word.Store(own | slotBusy)
	sl.trace.Store(0)
	if tw := sl.ask(&table.hash); tw != 0 {
		t.Errorf("a slot that is held is said to have %x", tw)
	}
}
