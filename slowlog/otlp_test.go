// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

func TestOTLP(t *testing.T) {
	e := checkout()
	e.Anatomy = Build(root(601), []Span{
		sqlCall(2, 1, 10, 20, "SELECT a FROM t WHERE b = 1"), sqlCall(3, 1, 20, 40, "SELECT a FROM t WHERE b = 2"),
		get(4, 3, 21, 22, "http://inventory/x"), span(5, 77, "orphan", 50, 60),
	}, BuildOptions{})
	data, err := OTLP(slices.Values([]*Entry{e}), attribute.String("service.name", "shop"), attribute.Bool("b", true), attribute.Int("i", 7),
		attribute.Float64("f", 0.5), attribute.Float64("nan", math.NaN()), attribute.StringSlice("l", []string{"x"}))
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "otlp.golden.json", append(pretty.Bytes(), '\n'))
}

// Every span of a request leaves, folded or not, once, with its own times and a parent that is there.
func TestOTLPHasEverySpan(t *testing.T) {
	e := checkout()
	spans := spansOf(e)
	ids := map[string]bool{}
	for _, s := range spans {
		if ids[s.SpanID] {
			t.Errorf("span %s is there twice", s.SpanID)
		}
		ids[s.SpanID] = true
		if len(s.TraceID) != 32 || len(s.SpanID) != 16 {
			t.Errorf("ids %s, %s", s.TraceID, s.SpanID)
		}
		start, err1 := strconv.ParseInt(s.Start, 10, 64)
		end, err2 := strconv.ParseInt(s.End, 10, 64)
		if err1 != nil || err2 != nil || end < start || start < epoch.UnixNano() {
			t.Errorf("span %s from %s to %s", s.Name, s.Start, s.End)
		}
	}
	for _, s := range spans[1:] {
		if !ids[s.ParentSpanID] {
			t.Errorf("the parent %s of %s is not there", s.ParentSpanID, s.Name)
		}
	}
	if len(spans) != e.Anatomy.Spans+1 {
		t.Errorf("%d spans, want %d", len(spans), e.Anatomy.Spans+1)
	}
	if spans[0].ParentSpanID != spanID(99).String() {
		t.Errorf("the parent of the request is %s", spans[0].ParentSpanID)
	}
	if got := spansOf(&Entry{Start: time.Time{}}); got[0].Start != "0" || got[0].ParentSpanID != "" {
		t.Errorf("an empty entry: %+v", got)
	}
}

// What came back from JSON has one span for each node.
func TestOTLPFromJSON(t *testing.T) {
	data, err := json.Marshal(checkout())
	if err != nil {
		t.Fatal(err)
	}
	var back Entry
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	nodes := 0
	back.Anatomy.Root.walk(func(*Node) { nodes++ })
	if got := len(spansOf(&back)); got != nodes {
		t.Errorf("%d spans of %d nodes", got, nodes)
	}
}

func TestOTLPOfNothing(t *testing.T) {
	data, err := OTLP(newStore(t).All())
	if err != nil || !bytes.Contains(data, []byte(`"spans":[]`)) {
		t.Errorf("%s, %v", data, err)
	}
}
