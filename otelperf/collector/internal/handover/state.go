// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
)

// encode is what is known of a service, in at most so many bytes, as in the state file of a process.
func encode(s *fleet.Service, writer, host string, now time.Time, most int) ([]byte, error) {
	all := s.Engine().Baselines(now)
	whole := func(b *engine.Baseline) int { // first what is of the whole service
		if b.Endpoint == engine.AllEndpoints {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b engine.Baseline) int {
		return cmp.Or(cmp.Compare(whole(&a), whole(&b)), b.At.Compare(a.At), cmp.Compare(a.Endpoint.String(), b.Endpoint.String()))
	})
	h := statefile.Header{Service: s.Name().String(), Instance: host, Writer: writer, Written: now.UTC()}
	for {
		data, err := statefile.Encode(h, statefile.Content{Baselines: all})
		if err != nil || len(data) <= most || len(all) == 0 {
			return data, err
		}
		all = all[:min(len(all)-1, len(all)*most/len(data))]
	}
}

// known is what a value of encode has.
type known struct {
	baselines []engine.Baseline
	at        time.Time
	host      string
}

// decode reads it; the zero known for nothing.
func decode(data []byte) (k known, err error) {
	if len(data) == 0 {
		return k, nil
	}
	h, c, err := statefile.Decode(data)
	if err != nil {
		return k, err
	}
	return known{c.Baselines, h.Written, h.Instance}, nil
}
