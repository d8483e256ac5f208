// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/evidence"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// A recorder beside a processor of its own: somebody says when something is slow.
func Example() {
	processor, err := spikeprocessor.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	recorder := evidence.New(evidence.WithLimits(evidence.Limits{RecordingsPerHour: 4}))
	if err := recorder.Start(processor.Link().MarkRoots); err != nil {
		log.Fatal(err)
	}
	defer func() { _ = recorder.Shutdown(context.Background()) }()

	if err := recorder.Arm("GET /cart: p99 is 1.2 s, usually 90 ms", 1200*time.Millisecond); err != nil {
		log.Print(err)
	}
	for _, recording := range recorder.Recordings() { // some seconds later
		for _, endpoint := range recording.Endpoints {
			for _, cause := range endpoint.Causes {
				fmt.Println(endpoint.Name, cause.Sentence())
			}
		}
	}
}
