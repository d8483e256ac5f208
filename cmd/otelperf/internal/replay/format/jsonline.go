// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// errNotJSON is for lines of formats that have an object in each.
var errNotJSON = errors.New("the line is no JSON object")

// jsonRequest is what lines of JSON say of a request, as the text of their values: strings without quotes.
type jsonRequest struct {
	duration, time, status string
	method, path, route    string
	started                bool // time is that of the start
	unit                   Unit // of a duration that does not name its own; noUnit: it has to
	decimals               Unit // the same, if the duration is a decimal number and unit is noUnit
}

// jsonStamps is what lines of JSON need to remember.
type jsonStamps struct {
	stamps stamps
	route  []byte
}

// record fills rec.
func (j *jsonStamps) record(q *jsonRequest, rec *Record) (err error) {
	*rec = Record{Method: rec.Method[:0]}
	if rec.Duration, err = q.took(); err != nil {
		return err
	}
	var ok bool
	if rec.Time, ok = j.stamps.parse([]byte(q.time)); !ok {
		if rec.Time, ok = parseEpoch([]byte(q.time)); !ok {
			return badTime("the time", []byte(q.time))
		}
	}
	if q.started {
		rec.Time += int64(rec.Duration)
	}
	status, ok := parseStatus([]byte(q.status))
	if !ok {
		return badStatus([]byte(q.status))
	}
	rec.Outcome = slowlog.OutcomeOfStatus(status)
	rec.Unmatched = q.route == "" && (status == 404 || status == 405)
	if q.method != "" {
		rec.Method = known([]byte(q.method))
	}
	j.route = append(j.route[:0], q.route...)
	switch {
	case len(j.route) > 0:
	case q.path != "":
		j.route = AppendRoute(j.route, absolutePath([]byte(q.path)))
	default:
		j.route = append(j.route, allRoute...)
	}
	rec.Route = j.route
	return nil
}

// allRoute is the name of requests of which nothing says what they were.
const allRoute = "(all)"

// took reads the duration: a number, or "33ms".
func (q *jsonRequest) took() (time.Duration, error) {
	value := []byte(q.duration)
	unit := q.unit
	if unit == noUnit && decimal(value) {
		unit = q.decimals
	}
	if unit == noUnit {
		d, err := time.ParseDuration(q.duration)
		switch {
		case err == nil && q.duration == "0", err == nil && d >= 0 && d <= MaxDuration && value[0] != '+' && value[0] != '-':
			return d, nil
		case err != nil && isNumber(value):
			return 0, withoutUnit("the duration", value)
		}
		return 0, badDuration("the duration", value)
	}
	d, ok := parseDuration(value, unit)
	if !ok {
		return 0, badDuration("the duration", value)
	}
	return d, nil
}

// isNumber tells whether a value is a duration in some unit.
func isNumber(value []byte) bool {
	_, ok := parseDuration(value, nanoseconds)
	return ok
}

// plainText is the text of a JSON value: a string without its quotes, a number as it is, and "" for null. Others are an error.
func plainText(field string, raw json.RawMessage) (string, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case raw[0] == '{' || raw[0] == '[':
		return "", fmt.Errorf("%s is %.40q, which is neither a number nor a string", field, raw)
	}
	return string(raw), nil
}

// plainTexts does the same for several fields, each with where it goes.
func plainTexts(fields ...any) error {
	for i := 0; i < len(fields); i += 3 {
		text, err := plainText(fields[i].(string), fields[i+1].(json.RawMessage))
		if err != nil {
			return err
		}
		*fields[i+2].(*string) = text
	}
	return nil
}
