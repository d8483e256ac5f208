// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"fmt"
	"net/http"

	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// Topics of the stream, besides the summary of each second.
const (
	TopicSlow  = "slow"  // a request that was just stored
	TopicSpike = "spike" // a change of a spike
	TopicMark  = "mark"  // a mark that was just set

	topicSummary = "summary"
)

// Send passes an event on to all streams that want its topic; f makes it later. It never blocks.
func (c *Companion) Send(topic string, f func() any) { c.streams.Send(topic, f) }

func (c *Companion) serveStream(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	window, topics := c.window(q), q.Choices("events", c.streams.Names())
	if q.Refused(w) {
		return
	}
	full := c.service.Unavailable()
	if full == "" {
		full = fmt.Sprintf("%d clients read the stream already, and no more are served: poll GET summary, or raise WithMaxStreams.", c.config.MaxStreams)
	}
	c.streams.Serve(w, r, web.Stream{Form: window, Topics: topics, Full: full, First: func() []byte {
		p := Period{Window: window}
		body, err := c.shared.Get(summaryKey(p), shareFor, func() (any, error) { return c.service.Summary(p) })
		if err != nil {
			return nil
		}
		return body
	}})
}
