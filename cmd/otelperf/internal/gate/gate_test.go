// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
)

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"GET /a", "GET /a", true}, {"GET /a", "GET /ab", false}, {"*", "", true}, {"*", "GET /a/b", true},
		{"GET *", "POST /a", false}, {"* /a", "GET /a", true}, {"*a*b", "xaxb", true}, {"*a*b", "xbxa", false},
		{"a*a", "a", false}, {"a**b", "ab", true}, {"GET /users/{id}", "GET /users/{id}", true}, {"*é", "é", true},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) is %t", tt.pattern, tt.name, got)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("a*b", "a")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !matches("*", name) || !strings.Contains(name, "*") && !matches(name, name) {
			t.Errorf("%q does not match itself", name)
		}
		if matches(pattern, name) && !matches(pattern+"*", name+"x") {
			t.Errorf("%q matches %q, but not with more behind both", pattern, name)
		}
	})
}

func TestParse(t *testing.T) {
	for text, want := range map[string]float64{"1%": 0.01, "0.5 %": 0.005, "0.01": 0.01, "0": 0, "100%": 1} {
		if got, err := ParseRate(text); err != nil || *got != want {
			t.Errorf("ParseRate(%q) is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"1", "101%", "-1%", "NaN", "nan%", "%", "", "1e400", "one"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) is %v, want an error", text, *got)
		}
	}
	for _, text := range []string{"0", "-1s", "500", "", "soon"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) is %v, want an error", text, *got)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := (&Limits{}).Validate(); err == nil {
		t.Error("no limit at all is accepted")
	}
	if err := (&Limits{NoSpike: true, Endpoints: []string{""}}).Validate(); err == nil {
		t.Error("an empty pattern is accepted")
	}
	if err := (&Limits{NoSpike: true, Endpoints: []string{"GET *"}}).Validate(); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func view() *fleet.View {
	row := func(route string, n, failed uint64, p99 *float64) (r fleet.Row) {
		r.Method, r.Route, r.Count, r.ErrorCount, r.P95Ms, r.P99Ms, r.State = "GET", route, n, failed, p99, p99, "normal"
		r.Parts = []fleet.Part{{Instance: "a", Row: client.Row{EndpointRow: r.EndpointRow}}}
		return r
	}
	v := &fleet.View{Window: otelperf.Window5m, Instances: []fleet.Instance{{Service: "s", Name: "a"}}}
	v.Endpoints = []fleet.Row{row("/fast", 1000, 0, new(20.0)), row("/slow", 200, 10, new(800.0)), row("/rare", 3, 3, new(900.0)), row("/events", 50, 0, nil)}
	v.Endpoints[3].StreamCount = 50
	v.Endpoints = append(v.Endpoints, row("/idle", 0, 0, nil))
	unknown := row("/unknown", 500, 0, nil)
	unknown.Missing = "no histogram from b"
	v.Endpoints = append(v.Endpoints, unknown)
	v.Spikes = []fleet.Spike{
		{Spike: otelperf.Spike{State: "open", Reason: "p99 is 800 ms", Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/slow"}}}},
		{Spike: otelperf.Spike{State: "ended", Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/fast"}}}},
	}
	return v
}

func TestJudge(t *testing.T) {
	half := 500 * time.Millisecond
	tests := []struct {
		name                               string
		limits                             Limits
		breaches, unjudged, passed, skippd []string // what each line begins with
	}{
		{
			"all endpoints", Limits{P99: &half, MinRequests: 10},
			[]string{"GET /slow: p99 800 ms is above 500ms (200 requests in 5m)"}, []string{"GET /unknown: no p99: no histogram from b"},
			[]string{"GET /fast: "}, []string{"GET /rare: 3 requests, fewer than 10", "GET /events: no duration: 50 requests, all of them streams", "GET /idle: 0 requests, fewer than 10"},
		},
		{
			"a duration of streams", Limits{P99: &half, Endpoints: []string{"GET /events"}},
			nil, []string{"no endpoint like GET /events has a duration in 5m: all requests are streams"}, nil, []string{"GET /events: no duration"},
		},
		{
			"failures of streams", Limits{P99: &half, ErrorRate: new(0.01), Endpoints: []string{"GET /events"}},
			nil, nil, []string{"GET /events: p95 -, p99 -, - failed (50 requests in 5m); streams have no duration"}, nil,
		},
		{"no request", Limits{P99: &half, Endpoints: []string{"GET /idle"}}, nil, []string{"no endpoint like GET /idle has 1 request"}, nil, []string{"GET /idle: 0 requests, fewer than 1"}},
		{
			"error rate", Limits{ErrorRate: new(0.01), Endpoints: []string{"GET /slow", "GET /fast"}},
			[]string{"GET /slow: error rate 5 % is above 1 % (10 of 200 requests in 5m)"}, nil, []string{"GET /fast: "}, nil,
		},
		{"exactly the limit", Limits{ErrorRate: new(0.05), P99: new(800 * time.Millisecond), Endpoints: []string{"* /slow"}}, nil, nil, []string{"GET /slow: "}, nil},
		{
			"two limits of one endpoint, named twice", Limits{P95: &half, P99: &half, Endpoints: []string{"* /slow", "GET /s*"}},
			[]string{"GET /slow: p95 ", "GET /slow: p99 "}, nil, nil, nil,
		},
		{
			"one that is not there", Limits{P99: &half, Endpoints: []string{"GET /fast", "GET /fats"}}, nil,
			[]string{"no endpoint like GET /fats has 1 request in 5m; the most is 0"}, []string{"GET /fast: "}, nil,
		},
		{
			"too few requests", Limits{P99: &half, MinRequests: 100, Endpoints: []string{"GET /rare"}}, nil,
			[]string{"no endpoint like GET /rare has 100 requests in 5m; the most is 3"}, nil, []string{"GET /rare: "},
		},
		{"spike", Limits{NoSpike: true, MinRequests: 100}, []string{"GET /slow: a spike is open since "}, nil, nil, []string{"GET /rare: ", "GET /events: ", "GET /idle: "}},
		{
			"spike elsewhere", Limits{NoSpike: true, Endpoints: []string{"GET /fast"}}, nil, nil,
			[]string{"no spike is open, seen by the baselines of 1 endpoint"}, nil,
		},
		{
			"no spike, but too few requests", Limits{NoSpike: true, MinRequests: 5000}, []string{"GET /slow: a spike is open"},
			[]string{"no endpoint has 5000 requests in 5m; the most is 1000"}, nil, []string{"GET /fast", "GET /slow", "GET /rare", "GET /events", "GET /idle", "GET /unknown"},
		},
		{
			"no spike and too few for both limits", Limits{NoSpike: true, P99: &half, MinRequests: 100, Endpoints: []string{"GET /rare"}}, nil,
			[]string{"no endpoint like GET /rare has 100 requests in 5m; the most is 3"}, nil, []string{"GET /rare: "},
		},
	}
	for _, tt := range tests {
		got := Judge(view(), &tt.limits)
		for _, c := range []struct {
			what      string
			got, want []string
		}{{"breaches", got.Breaches, tt.breaches}, {"unjudged", got.Unjudged, tt.unjudged}, {"passed", got.Passed, tt.passed}, {"skipped", got.Skipped, tt.skippd}} {
			if !slices.EqualFunc(c.got, c.want, strings.HasPrefix) {
				t.Errorf("%s: %s are %q, want %q", tt.name, c.what, c.got, c.want)
			}
		}
	}
}

// What did not answer, measures nothing or has stopped is never a pass.
func TestJudgeWithoutAnswers(t *testing.T) {
	v := view()
	v.Instances = []fleet.Instance{{Error: "http://a/: no answer"}, {Name: "b", Disabled: "OTEL_SDK_DISABLED"}, {Name: "c", Stalled: true}}
	v.Spikes = nil
	got := Judge(v, &Limits{NoSpike: true})
	if len(got.Unjudged) != 3 || len(got.Breaches) != 0 || !strings.HasPrefix(got.Unjudged[2], "c has stopped evaluating") {
		t.Errorf("verdict is %+v", got)
	}
}

// Where requests are not judged yet though it is known what is usual, just after a restart, nobody can tell either.
func TestJudgeInTheGrace(t *testing.T) {
	v := view()
	v.Spikes = nil
	warm := client.Row{EndpointRow: v.Endpoints[0].EndpointRow}
	warm.State, warm.ReadySeconds = "normal", new(150.0)
	v.Endpoints[0].Parts = append(v.Endpoints[0].Parts, fleet.Part{Instance: "canary", Row: warm})
	got := Judge(v, &Limits{NoSpike: true, MinRequests: 100, Endpoints: []string{"GET /fast"}})
	if len(got.Unjudged) != 1 || !strings.HasPrefix(got.Unjudged[0], "GET /fast at canary: not judged for another 2m") || len(got.Passed)+len(got.Breaches) != 0 {
		t.Errorf("verdict is %+v", got)
	}
}

// Where it is not known yet what is usual, nobody can tell that no spike is open.
func TestJudgeWhileLearning(t *testing.T) {
	v := view()
	v.Spikes = nil
	young := client.Row{EndpointRow: v.Endpoints[0].EndpointRow}
	young.State, young.Needed, young.ReadySeconds = "learning", 240, new(39.0)
	v.Endpoints[0].Parts = append(v.Endpoints[0].Parts, fleet.Part{Instance: "canary", Row: young})
	got := Judge(v, &Limits{NoSpike: true, MinRequests: 100, Endpoints: []string{"GET /fast"}})
	want := []string{"GET /fast at canary: still learning what is usual: 240 requests missing, about 39s at this rate"}
	if !slices.Equal(got.Unjudged, want) || len(got.Passed)+len(got.Breaches) != 0 {
		t.Errorf("verdict is %+v, want %q", got, want)
	}
}
