// SPDX-License-Identifier: Apache-2.0

package format

import "encoding/json"

// traefikParser parses lines of Traefik's access log as JSON: durations in ns, and the time of the start or, without it, that of the line.
type traefikParser struct{ memo jsonStamps }

func (p *traefikParser) parse(line []byte, rec *Record) error {
	var entry struct {
		Duration json.RawMessage `json:"Duration"`
		Method   string          `json:"RequestMethod"`
		Path     string          `json:"RequestPath"`
		Status   json.RawMessage `json:"DownstreamStatus"`
		Start    string          `json:"StartUTC"`
		Time     string          `json:"time"`
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return errNotJSON
	}
	if entry.Duration == nil {
		return errSkip // a line of Traefik's own log
	}
	q := jsonRequest{method: entry.Method, path: entry.Path, time: entry.Start, started: true, unit: nanoseconds}
	if q.time == "" {
		q.time, q.started = entry.Time, false
	}
	if err := plainTexts("Duration", entry.Duration, &q.duration, "DownstreamStatus", entry.Status, &q.status); err != nil {
		return err
	}
	return p.memo.record(&q, rec)
}
