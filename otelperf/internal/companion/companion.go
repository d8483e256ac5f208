// SPDX-License-Identifier: Apache-2.0

// Package companion is the JSON endpoint beside a service's telemetry: the routes, the live page, the stream and the rules of who may
// look, on top of a [Service] that has the answers. It knows HTTP and the shape of requests; what the answers look like is the
// Service's concern, and openapi.json beside this file is the contract for both.
package companion

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Service is what a companion shows. Values of type any are encoded as JSON; ok is false for what there is not, or no longer; an error may be
// a *Refusal. Windows are among Config.Windows, and with a history Config.LongWindows. Its methods are safe for concurrent use.
type Service interface {
	Summary(p Period) (any, error)
	Rows(RowsQuery) (any, error)
	// Series is an endpoint over time, with what is usual at this time.
	Series(e EndpointQuery, p Period, usual bool) (answer any, ok bool, err error)
	// Distribution is the durations of an endpoint's requests in a few buckets; Heatmap the same over time.
	Distribution(EndpointQuery, Period) (answer any, ok bool, err error)
	Heatmap(EndpointQuery, Period) (answer any, ok bool, err error)
	Detail(EndpointQuery) (answer any, ok bool)
	// Stacks is where slow requests of an endpoint spend their time; StacksFile the same for other programs.
	Stacks(EndpointQuery) (answer any, ok bool)
	StacksFile(e EndpointQuery, pprof bool) (body []byte, ok bool, err error)
	Runtime(p Period) (any, error)
	// Slow lists slow and failed requests, of one trace alone where of is valid. Slow, SlowTrace, SlowOTLP and Spikes are of what is in memory,
	// or of the fixed time of a Period.
	Slow(limit int, of trace.TraceID, p Period) (any, error)
	// SlowOf names the newest stored request of each of the traces of which there is one.
	SlowOf(traces map[string]bool) any
	SlowTrace(id trace.TraceID, p Period) (answer any, ok bool, err error)
	SlowOTLP(id trace.TraceID, p Period) (body []byte, ok bool, err error)
	Active(limit int) any
	Errors(limit int) any
	Spikes(limit int, p Period) (any, error)
	Spike(id string) (answer any, ok bool, err error)
	// Ack notes that somebody looks after a spike: fresh is false if that is noted already, open for a spike that has ended, ok for one
	// that there is not. Unack takes it back; was is nil if there was none.
	Ack(id string, a mutes.Ack) (answer any, fresh, open, ok bool)
	Unack(id string) (answer any, was *mutes.Ack, ok bool)
	Mutes() any
	// Mute puts a mute in force; the error is mutes.ErrFull, or that of the pattern. Unmute ends one; ok is false if there is none.
	Mute(mutes.Mute) (mutes.Mute, error)
	Unmute(id string) (was mutes.Mute, ok bool)
	Objectives() any
	// Bundle returns what is known of a spike as a zip archive.
	Bundle(id string) (zip []byte, ok bool, err error)
	Evidence() any
	Recording(id uint64) (answer any, ok bool)
	RecordingTrace(id uint64) []byte // nil if there is none
	// SpikeTrace returns the execution trace of a recording of a spike that there is; why says why there is none.
	SpikeTrace(id string) (trace []byte, recording uint64, why string)
	// Record has evidence recorded, at once.
	Record(d time.Duration) (answer any, refused *Refusal)
	Health() any
	Diagnostics() any
	Settings() any
	// Change puts settings in force, all of them or none, for whoever it is by: refused names those that cannot be, each with what is accepted.
	Change(settings map[string]json.RawMessage, by string) (refused map[string]string, err error)
	// Reset starts the numbers anew.
	Reset(baselines bool, by string) any
	// Marks are what was changed and when, in memory or in the fixed time of a Period; Mark sets one, and its error is a *marks.FieldError for what cannot be.
	Marks(limit int, p Period) (any, error)
	// Compare says what has changed at an endpoint; missing is "mark", "spike" or "endpoint" if there is no such thing.
	Compare(*CompareQuery) (answer any, missing string)
	Mark(r *marks.Request, by string) (answer any, err error)
	// Audit logs what somebody changed, later and elsewhere.
	Audit(ctx context.Context, message string, attrs ...slog.Attr)
	// Events is the tracker of analytics events; nil if there is none.
	Events() Events
	// Unavailable says why there is nothing to stream; "" if there is.
	Unavailable() string
}

// EndpointQuery names an endpoint. Kind tells those apart that share method and route, and may be empty.
type EndpointQuery struct{ Method, Route, Kind string }

// Period is a window, or if that is "" the time from From up to before To.
type Period struct {
	Window   string
	From, To time.Time
	Fleet    bool // of all instances; with a window of Config.Windows alone, and of a Summary, Rows and Spikes
}

// RowsQuery says which rows are wanted, and what of them.
type RowsQuery struct {
	Period
	Dependencies bool // rows of what is called, not of what is served
	Histogram    bool
	Trend        bool
	Usual        bool   // what was at the same time of other days
	Sort         string // one of Config.Sortings
	Limit        int    // 1 to 1000
}

// Config is what New needs besides a Service.
type Config struct {
	Windows     []string // what ?window= may be
	Window      string   // what it is if it is missing
	LongWindows []string // what it may be besides where a history is read
	History     bool     // there is one: more is stored than what is in memory
	Fleet       bool     // the instances of the service know each other
	Elsewhere   bool     // the service runs elsewhere, and what is known of it is received
	Sortings    []string // what ?sort= of rows may be, the first if it is missing
	MaxSpikes   int      // how many are listed if ?limit= is missing
	MaxStreams  int
	Guard       *access.Guard // who may look and change; nil: as Access says
	Access      access.Config
	Faults      *fault.Log // counts those of the stream
}

// Mount is where a companion is expected to be mounted.
const Mount = "/debug/otelperf/"

// Companion serves a Service. Its methods are safe for concurrent use.
type Companion struct {
	service Service
	config  Config
	guard   *access.Guard
	mounts  web.Mounts
	shared  web.Shared
	streams *web.Broadcaster

	changing sync.Mutex // one change of the events' sampling at a time
}

// New returns a companion, without its stream until Start.
func New(s Service, c Config) *Companion {
	summary := func(window string) any {
		v, err := s.Summary(Period{Window: window})
		if err != nil { // cannot be: only a history has errors
			return nil
		}
		return v
	}
	if c.Guard == nil {
		c.Guard = access.New(c.Access)
	}
	return &Companion{
		service: s, config: c, guard: c.Guard, mounts: web.Mounts{Usual: Mount},
		streams: web.NewBroadcaster(c.MaxStreams, web.Topics{State: topicSummary, Produce: summary, Events: []string{TopicSlow, TopicSpike, TopicMark}}, c.Faults),
	}
}

// Start begins to stream, until Close.
func (c *Companion) Start() { c.streams.Start() }

// Close ends every stream within ctx. All else is served as before. It may be called more than once.
func (c *Companion) Close(ctx context.Context) error { return c.streams.Close(ctx) }

// Denied is the number of requests that were refused for want of a right.
func (c *Companion) Denied() uint64 { return c.guard.Denied() }

// Access says who may look.
func (c *Companion) Access() []string { return c.guard.Access() }

// NoChanges says why nobody may change anything here, or "" if whoever may look may.
func (c *Companion) NoChanges() string { return c.guard.NoChanges() }

// Mounts are the prefixes below which the handler was reached, each with a slash at its end.
func (c *Companion) Mounts() []string { return c.mounts.All() }

// Serves reports whether a path lies below where the handler was reached, or is expected to be.
func (c *Companion) Serves(path string) bool { return c.mounts.Contain(path) }

// Streams says how the stream fares.
func (c *Companion) Streams() web.BroadcastStats { return c.streams.Stats() }

// Shared returns what produce returns as JSON, or what it returned to somebody else with the same key a fifth of a second ago.
func (c *Companion) Shared(key string, produce func() (any, error)) ([]byte, error) {
	return c.shared.Get(key, shareFor, produce)
}

// shareFor is for how long equal polls share an answer.
const shareFor = 200 * time.Millisecond
