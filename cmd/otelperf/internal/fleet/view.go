// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// View is what all instances together did in a window, or one alone.
type View struct {
	Time   time.Time       `json:"time"`            // of the latest answer
	Window otelperf.Window `json:"window,omitzero"` // missing for a fixed time
	From   time.Time       `json:"from,omitzero"`
	To     time.Time       `json:"to,omitzero"`
	// NothingStored says that nothing of a fixed time is stored.
	NothingStored bool `json:"-"`

	Instances []Instance `json:"instances"` // in the order of the URLs

	Shared *Shared `json:"fleet,omitzero"` // with client.Period.Fleet: whose numbers they are, of whom one has answered

	TotalRequests uint64 `json:"total_requests"`
	otelperf.Totals
	Missing          []string `json:"missing"`     // what is missing of what is stored, and why there are numbers that could not be merged
	OutOfLine        []string `json:"out_of_line"` // which instance differs from the others, and in what
	SlowQueriesCount uint64   `json:"slow_queries_count"`

	Endpoints    []Row   `json:"endpoints"`
	Dependencies []Row   `json:"dependencies"`
	Jobs         []Row   `json:"jobs"`
	Spikes       []Spike `json:"spikes"`       // newest first
	Slow         []Slow  `json:"slow_queries"` // newest first
	Hints        []Hint  `json:"hints"`

	Objectives []Objective `json:"objectives"`

	Marks []Mark `json:"marks"` // what was changed, newest first
	Mutes []Mute `json:"mutes"` // those in force

	Runtime []Runtime `json:"runtime"` // of the instances that tell
}

// SlowText says how many requests were slow: since the start, or of a fixed time and of days in it.
func (v *View) SlowText() string {
	if !v.To.IsZero() || v.Window == otelperf.Window24h || v.Window == otelperf.Window7d {
		return fmt.Sprint(v.SlowQueriesCount)
	}
	return fmt.Sprintf("%d since the start", v.SlowQueriesCount)
}

// Instance is one URL and who answered there.
type Instance struct {
	URL           string           `json:"url"`
	Service       string           `json:"service,omitzero"`
	Name          string           `json:"instance,omitzero"`
	Version       string           `json:"version,omitzero"`
	Time          time.Time        `json:"time,omitzero"`
	UptimeSeconds float64          `json:"uptime_seconds,omitzero"`
	WindowSeconds float64          `json:"window_seconds,omitzero"`
	Requests      uint64           `json:"count"`              // in the window
	SameAs        string           `json:"same_as,omitzero"`   // the URL at which this instance was counted already
	StoredAs      string           `json:"stored_as,omitzero"` // the URL whose numbers have those of this instance, out of the store that they share
	StoredOf      []string         `json:"stored_of,omitzero"` // the instances whose numbers they are, out of a store; at most 20
	Error         string           `json:"error,omitzero"`     // why there is no answer
	Disabled      string           `json:"disabled,omitzero"`  // the variable that switched otelperf off there
	Stalled       bool             `json:"stalled,omitzero"`   // its numbers are old
	Verdict       otelperf.Verdict `json:"verdict,omitzero"`

	Recorder *causes.RecorderStatus `json:"-"` // of the runtime; nil: there is none
}

// Counted tells whether its numbers are in the view.
func (i *Instance) Counted() bool { return i.Error == "" && i.SameAs == "" }

// Row is one endpoint of one service at all its instances. Where more than one has it, there is no baseline_p99_ms and
// no ratio, but the range of their baselines.
type Row struct {
	Service string `json:"service"`
	otelperf.EndpointRow
	BaselineMinMs *float64 `json:"baseline_p99_min_ms"`
	BaselineMaxMs *float64 `json:"baseline_p99_max_ms"`
	Parts         []Part   `json:"instances"`
	Missing       string   `json:"missing,omitzero"` // why there are no quantiles
	OutOfLine     []string `json:"out_of_line,omitempty"`
}

// Part is what one instance has of a row.
type Part struct {
	Instance string `json:"instance"`
	client.Row
}

// Slow is a slow request and where it was.
type Slow struct {
	Service  string `json:"service"`
	Instance string `json:"instance"`
	URL      string `json:"url"`
	otelperf.SlowRequest
}

// Spike is a spike and where it is.
type Spike struct {
	Service  string `json:"service"`
	Instance string `json:"instance"`
	otelperf.Spike
}

// Mark is what was changed, and where.
type Mark struct {
	Instance string `json:"instance"`
	client.Mark
}

// Mute is what is not reported, and where.
type Mute struct {
	Instance string `json:"instance"`
	client.Mute
}

// Hint is what an instance says about its wiring.
type Hint struct {
	Instance string `json:"instance"`
	Text     string `json:"text"`
}

// Answered is the number of instances whose numbers are in the view.
func (v *View) Answered() (n int) {
	for i := range v.Instances {
		if v.Instances[i].Counted() {
			n++
		}
	}
	return n
}

// Several tells whether the numbers are of more than one instance, or may be.
func (v *View) Several() bool { return v.Shared != nil || v.Answered() > 1 }

// Services are the names of the services that answered, each once, in the order of the URLs.
func (v *View) Services() (names []string) {
	seen := map[string]bool{}
	for i := range v.Instances {
		if in := &v.Instances[i]; in.Counted() && !seen[in.Service] {
			seen[in.Service] = true
			names = append(names, in.Service)
		}
	}
	return names
}

// OpenSpikes are those that have not ended.
func (v *View) OpenSpikes() (open []Spike) {
	for _, s := range v.Spikes {
		if s.State == "open" {
			open = append(open, s)
		}
	}
	return open
}
