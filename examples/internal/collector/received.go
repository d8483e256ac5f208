// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Received is what came out at the far end of a collector.
type Received struct {
	traces  []ptrace.Traces
	metrics []pmetric.Metrics
	logs    []plog.Logs
}

// Received reads what has arrived so far; the collector may be running.
func (c *Collector) Received() (*Received, error) { return Read(c.dir) }

// Read reads the files traces.jsonl, metrics.jsonl and logs.jsonl in dir, written by file exporters with JSON encoding: one export
// request a line. A last line that is not complete yet is left out, and a file that does not exist is an empty one.
func Read(dir string) (*Received, error) {
	r := &Received{}
	for _, name := range []string{"traces.jsonl", "metrics.jsonl", "logs.jsonl"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		for n := 1; ; n++ {
			line, rest, whole := bytes.Cut(data, []byte("\n"))
			if !whole {
				break
			}
			if err := r.add(line); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, n, err)
			}
			data = rest
		}
	}
	return r, nil
}

func (r *Received) add(line []byte) error {
	switch {
	case bytes.HasPrefix(line, []byte(`{"resourceSpans"`)):
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		r.traces = append(r.traces, td)
		return err
	case bytes.HasPrefix(line, []byte(`{"resourceMetrics"`)):
		md, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(line)
		r.metrics = append(r.metrics, md)
		return err
	case bytes.HasPrefix(line, []byte(`{"resourceLogs"`)):
		ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(line)
		r.logs = append(r.logs, ld)
		return err
	}
	return fmt.Errorf("not an OTLP request: %.40q", line)
}

// Origin is what sent an item.
type Origin struct {
	Resource pcommon.Resource
	Scope    pcommon.InstrumentationScope
}

// Spans yields every span with where it came from.
func (r *Received) Spans() iter.Seq2[Origin, ptrace.Span] {
	return func(yield func(Origin, ptrace.Span) bool) {
		for _, td := range r.traces {
			for _, rs := range td.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						if !yield(Origin{rs.Resource(), ss.Scope()}, s) {
							return
						}
					}
				}
			}
		}
	}
}

// Metrics yields every metric of every export in the order of arrival: with cumulative temporality, the last one of a resource holds.
func (r *Received) Metrics() iter.Seq2[Origin, pmetric.Metric] {
	return func(yield func(Origin, pmetric.Metric) bool) {
		for _, md := range r.metrics {
			for _, rm := range md.ResourceMetrics().All() {
				for _, sm := range rm.ScopeMetrics().All() {
					for _, m := range sm.Metrics().All() {
						if !yield(Origin{rm.Resource(), sm.Scope()}, m) {
							return
						}
					}
				}
			}
		}
	}
}

// Logs yields every log record with where it came from.
func (r *Received) Logs() iter.Seq2[Origin, plog.LogRecord] {
	return func(yield func(Origin, plog.LogRecord) bool) {
		for _, ld := range r.logs {
			for _, rl := range ld.ResourceLogs().All() {
				for _, sl := range rl.ScopeLogs().All() {
					for _, l := range sl.LogRecords().All() {
						if !yield(Origin{rl.Resource(), sl.Scope()}, l) {
							return
						}
					}
				}
			}
		}
	}
}
