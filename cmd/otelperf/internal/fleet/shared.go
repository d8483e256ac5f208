// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// maxShared is how many instances are listed: more than a service reads.
const maxShared = 1000

// Shared is what an instance says of all instances of its service.
type Shared struct {
	Count      int              `json:"count"` // instances whose numbers are in the answer
	AgeSeconds float64          `json:"age_seconds"`
	Error      string           `json:"error,omitzero"`
	More       int              `json:"more"`
	Refused    int              `json:"refused"`
	Instances  []SharedInstance `json:"instances"`
}

// SharedInstance is one of them.
type SharedInstance struct {
	Name          string   `json:"instance"`
	Version       string   `json:"version"`
	Counted       bool     `json:"counted"`
	AgeSeconds    float64  `json:"age_seconds"`
	UptimeSeconds float64  `json:"uptime_seconds"`
	Requests      uint64   `json:"count"`
	Rate          *float64 `json:"rate"`
	ErrorRate     *float64 `json:"error_rate"`
	P99Ms         *float64 `json:"p99_ms"`
	Status        string   `json:"status"`
	OutOfLine     int      `json:"out_of_line"`
}

// takeShared takes over what an instance says of the others.
func (v *View) takeShared(s *otelperf.Summary) {
	f := s.Fleet
	if f == nil {
		return
	}
	v.Shared = &Shared{Count: f.Count, AgeSeconds: f.AgeSeconds, Error: f.Error, More: f.More, Refused: f.Refused, Instances: []SharedInstance{}}
	for _, in := range f.Instances[:min(len(f.Instances), maxShared)] {
		v.Shared.Instances = append(v.Shared.Instances, SharedInstance{
			in.Instance, in.Version, in.Counted, in.AgeSeconds, in.UptimeSeconds, in.Count, in.Rate, in.ErrorRate, in.P99Ms, in.Status, in.OutOfLine,
		})
	}
	for i := range f.OutOfLine {
		o := &f.OutOfLine[i]
		v.OutOfLine = append(v.OutOfLine, o.Text)
		for k := range v.Endpoints {
			if r := &v.Endpoints[k]; r.Method == o.Method && r.Route == o.Route && r.Kind == o.Kind {
				r.OutOfLine = append(r.OutOfLine, o.Text)
			}
		}
	}
	if f.Error != "" {
		v.Missing = append(v.Missing, fmt.Sprintf("the other instances could not be read (%s): what they had is shown for 35 s", f.Error))
	}
	if f.More > 0 {
		v.Missing = append(v.Missing, plain.Plural(uint64(f.More), "more instance")+" beyond those that are read at once")
	}
	if f.Refused > 0 {
		v.Missing = append(v.Missing, fmt.Sprintf("%d of the entries", f.Refused)+" in the store of the fleet are refused: no instance of this service of this version wrote them")
	}
}

// Text says of an instance what it does.
func (in *SharedInstance) Text() string {
	text := plain.Clip(in.Name, 60)
	if in.Version != "" {
		text += "  version " + plain.Clip(in.Version, 40)
	}
	text += "  up " + plain.Seconds(in.UptimeSeconds)
	if !in.Counted {
		return text + "  not counted: not heard of for " + plain.Span(time.Duration(in.AgeSeconds*float64(time.Second)))
	}
	text += fmt.Sprintf("  %s/s  %s failed  p99 %s  %s", plain.Number(in.Rate), plain.Share(in.ErrorRate), plain.Ms(in.P99Ms), plain.Clip(in.Status, 12))
	if in.OutOfLine > 0 {
		text += "  OUT OF LINE"
	}
	return text
}

// Headline says how many instances the numbers are of, and how old they are at most.
func (s *Shared) Headline() string {
	return fmt.Sprintf("all %s, numbers up to %s old", plain.Plural(uint64(max(0, s.Count)), "instance"), plain.Seconds(s.AgeSeconds))
}
