// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"strings"
)

// caddyParser parses lines of Caddy's log. Lines that are of other loggers than the access log's are passed over.
type caddyParser struct {
	unit Unit
	memo jsonStamps
}

func (p *caddyParser) parse(line []byte, rec *Record) error {
	var entry struct {
		Logger  string `json:"logger"`
		Message string `json:"msg"`
		Request *struct {
			Method string `json:"method"`
			URI    string `json:"uri"`
		} `json:"request"`
		Time     json.RawMessage `json:"ts"`
		Duration json.RawMessage `json:"duration"`
		Status   json.RawMessage `json:"status"`
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return errNotJSON
	}
	if entry.Request == nil || entry.Duration == nil || !strings.HasPrefix(entry.Logger, "http.log.access") && entry.Message != "handled request" {
		return errSkip
	}
	// By default durations are seconds with decimals; whole numbers are what duration_format ms and ns give.
	q := jsonRequest{method: entry.Request.Method, path: entry.Request.URI, unit: p.unit, decimals: seconds}
	if err := plainTexts("ts", entry.Time, &q.time, "duration", entry.Duration, &q.duration, "status", entry.Status, &q.status); err != nil {
		return err
	}
	return p.memo.record(&q, rec)
}
