// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// batchSum adds up what became of events.
type batchSum struct{ Sent, Accepted, Refused, SampledOut, Dropped, Unread int }

func (s *batchSum) add(b batchSum) {
	s.Sent += b.Sent
	s.Accepted += b.Accepted
	s.Refused += b.Refused
	s.SampledOut += b.SampledOut
	s.Dropped += b.Dropped
	s.Unread += b.Unread
}

// ticks yields every interval for d, late or not. The n-th of those who tick begins a share of the interval later.
func ticks(d, interval time.Duration, n int) iter.Seq[int] {
	if otelperf.RaceEnabled {
		interval *= 10
	}
	return func(yield func(int) bool) {
		begin := time.Now().Add(interval * time.Duration(n) / eventClients)
		for i := range max(1, int(d/interval)) {
			time.Sleep(time.Until(begin.Add(time.Duration(i) * interval)))
			if !yield(i) {
				return
			}
		}
	}
}

// eventClient has one connection and sends events with ids and a session of its own. In each batch one comes twice and one is
// refused.
type eventClient struct {
	name   string
	client *http.Client
	seq    int
	body   []byte
	answer bytes.Buffer
}

func newEventClients() []*eventClient {
	clients := make([]*eventClient, eventClients)
	for i := range clients {
		clients[i] = &eventClient{name: fmt.Sprintf("client-%d", i), client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}}
	}
	return clients
}

// batch writes the next body: each of the sessions lasts for ten of them.
func (c *eventClient) batch() []byte {
	b := append(c.body[:0], `{"session_id":"`...)
	b = append(b, c.name...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(c.seq/10), 10)
	b = append(b, `","events":[`...)
	for i := range postSize - 1 {
		b = append(b, `{"name":"load.event","id":"`...)
		b = append(b, c.name...)
		b = append(b, '-')
		b = strconv.AppendInt(b, int64(c.seq*postSize+max(i, 1)), 10) // the first two have one id
		b = append(b, `","properties":{"n":`...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, `,"plan":"pro"}},`...)
	}
	c.body = append(b, `{"name":"Not A Name"}]}`...)
	c.seq++
	return c.body
}

// post sends a batch and returns what the answer says became of it.
func (c *eventClient) post(url string) (sum batchSum, err error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(c.batch()))
	if err != nil {
		return sum, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Client", c.name)
	resp, err := c.client.Do(req)
	if err != nil {
		return sum, err
	}
	defer func() { _ = resp.Body.Close() }()
	c.answer.Reset()
	if _, err := c.answer.ReadFrom(resp.Body); err != nil {
		return sum, err
	}
	body := c.answer.Bytes()
	if counts, _, whole := bytes.Cut(body, []byte(`,"results":`)); whole && resp.StatusCode == http.StatusAccepted {
		body = append(counts, '}') // a client that reads no more than it has to: its work is not what is measured
	}
	if body[0] == ' ' {
		return sum, nil // the control's
	}
	var answer struct {
		counts
		Batch *counts
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return sum, err
	}
	switch {
	case resp.StatusCode == http.StatusAccepted:
		return answer.sum(), nil
	case resp.StatusCode != http.StatusTooManyRequests:
		return sum, fmt.Errorf("%s: %s", resp.Status, body)
	case answer.Batch != nil:
		return answer.Batch.sum(), nil
	}
	return batchSum{Sent: postSize, Unread: postSize}, nil
}

// counts are those of an answer.
type counts struct {
	Accepted, Refused, Dropped int
	SampledOut                 int `json:"sampled_out"`
}

func (c counts) sum() batchSum {
	return batchSum{postSize, c.Accepted, c.Refused, c.SampledOut, c.Dropped, 0}
}
