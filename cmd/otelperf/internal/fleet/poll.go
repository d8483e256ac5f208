// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// MaxURLs is the most URLs that are asked.
const MaxURLs = 64

// Answer is what came from one URL.
type Answer struct {
	URL          string
	Summary      *otelperf.Summary // nil: see Err
	Raw          []byte            // the JSON of Summary
	Endpoints    *client.EndpointList
	Dependencies *client.DependencyList
	Err          error // why there is no Summary
	Missing      error // why there are no Endpoints or Dependencies, if they were wanted
}

// Ask says what is wanted.
type Ask struct {
	client.Period
	Merge bool // histograms, which Merge needs for more than one URL
	Trend bool // the p99 of each of the last minutes
}

// Poll asks all clients at once. The answers are in the order of the clients.
func Poll(ctx context.Context, clients []*client.Client, ask Ask) []Answer {
	answers := make([]Answer, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { answers[i] = one(ctx, c, ask) })
	}
	wg.Wait()
	refuseOverlaps(answers)
	return answers
}

func one(ctx context.Context, c *client.Client, ask Ask) Answer {
	a := Answer{URL: c.URL()}
	if a.Summary, a.Raw, a.Err = c.Summary(ctx, ask.Period); a.Err != nil {
		return a
	}
	rows := client.Rows{Histogram: ask.Merge, Trend: ask.Trend}
	if ask.Merge || ask.Trend {
		var err error
		if a.Endpoints, err = c.Endpoints(ctx, ask.Period, rows); err == nil {
			err = sameInstance(a.Summary, a.Endpoints.Instance)
		}
		a.Missing = errors.Join(a.Missing, err)
	}
	if ask.Merge || ask.Trend {
		var err error
		if a.Dependencies, err = c.Dependencies(ctx, ask.Period, rows); err == nil {
			err = sameInstance(a.Summary, a.Dependencies.Instance)
		}
		a.Missing = errors.Join(a.Missing, err)
	}
	if a.Missing != nil {
		a.Endpoints, a.Dependencies = nil, nil
	}
	return a
}

// sameInstance recognises a URL behind which every answer is another instance's.
func sameInstance(s *otelperf.Summary, instance string) error {
	if s.Instance == instance {
		return nil
	}
	return fmt.Errorf("two instances answer at this URL in turn, as behind a load balancer: give the URL of each")
}
