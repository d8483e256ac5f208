// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"bytes"
	"fmt"
	"strings"

	pprofile "github.com/google/pprof/profile"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// Text is the frames as "function file:line", the outermost first.
func (c *Counted) Text() []string {
	lines := make([]string, len(c.Frames))
	for i, f := range c.Frames {
		lines[i] = text(f)
	}
	return lines
}

// Folded is a line for each stack, as flame graph programs read them: the frames, the outermost first, separated by semicolons, and
// the milliseconds that the stack stands for.
func (c *Counts) Folded() []byte {
	var b bytes.Buffer
	for _, one := range c.Stacks {
		for i, f := range one.Text() {
			if i > 0 {
				b.WriteByte(';')
			}
			b.WriteString(strings.ReplaceAll(f, ";", ","))
		}
		fmt.Fprintf(&b, " %d\n", one.Time.Milliseconds())
	}
	return b.Bytes()
}

// Pprof is the same for go tool pprof: samples, wall time, and the state as a label.
func (c *Counts) Pprof() ([]byte, error) {
	p := &pprofile.Profile{
		SampleType:        []*pprofile.ValueType{{Type: "samples", Unit: "count"}, {Type: "wall", Unit: "nanoseconds"}},
		DefaultSampleType: "wall", TimeNanos: c.Since.UnixNano(),
	}
	locations := map[site.Frame]*pprofile.Location{}
	for _, one := range c.Stacks {
		sample := &pprofile.Sample{Value: []int64{int64(one.Samples), int64(one.Time)}, Label: map[string][]string{"state": {string(one.State)}}}
		for i := len(one.Frames) - 1; i >= 0; i-- {
			f := one.Frames[i]
			if locations[f] == nil {
				id := uint64(len(p.Location) + 1)
				function := &pprofile.Function{ID: id, Name: f.Func, SystemName: f.Func, Filename: f.File}
				locations[f] = &pprofile.Location{ID: id, Line: []pprofile.Line{{Function: function, Line: int64(f.Line)}}}
				p.Function, p.Location = append(p.Function, function), append(p.Location, locations[f])
			}
			sample.Location = append(sample.Location, locations[f])
		}
		p.Sample = append(p.Sample, sample)
	}
	var b bytes.Buffer
	err := p.Write(&b)
	return b.Bytes(), err
}
