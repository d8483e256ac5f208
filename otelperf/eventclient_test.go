// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
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
	return readAnswer(resp.StatusCode, c.answer.Bytes())
}

// readAnswer reads the counts of an answer, and no more than it has to: the client's work is not what is measured.
func readAnswer(status int, body []byte) (sum batchSum, err error) {
	if counts, _, whole := bytes.Cut(body, []byte(`,"results":`)); whole && status == http.StatusAccepted {
		body = append(counts, '}')
	}
	if len(body) > 0 && body[0] == ' ' {
		return sum, nil // the control's
	}
	var answer struct {
		counts
		Batch *counts
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return sum, fmt.Errorf("%w: %.200s", err, body)
	}
	switch {
	case status == http.StatusAccepted:
		return answer.sum(), nil
	case status != http.StatusTooManyRequests:
		return sum, fmt.Errorf("%d: %s", status, body)
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
