// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/slowlog"
)

// cloudFrontParser parses lines of CloudFront's standard log: columns between tabs, which a line "#Fields: ..." names.
type cloudFrontParser struct {
	stamps  stamps
	stamp   []byte
	route   []byte
	width   int
	columns [len(cloudFrontColumns)]int
}

// cloudFrontColumns are those that are needed. The last one tells the log from those of other servers, whose time-taken is not in s.
var cloudFrontColumns = [...]string{"date", "time", "cs-method", "cs-uri-stem", "sc-status", "time-taken", "x-edge-location"}

const (
	cfDate = iota
	cfTime
	cfMethod
	cfPath
	cfStatus
	cfTook
)

var (
	fieldsMark  = []byte("#Fields:")
	errNoFields = errors.New("there is no line of #Fields before this one")
)

func (p *cloudFrontParser) parse(line []byte, rec *Record) error {
	if names, ok := bytes.CutPrefix(line, fieldsMark); ok {
		return p.header(bytes.Fields(names))
	}
	switch {
	case bytes.HasPrefix(line, []byte("#")):
		return errSkip
	case p.width == 0:
		return errNoFields
	}
	fields := bytes.Split(line, []byte("\t"))
	if len(fields) != p.width {
		return fmt.Errorf("the line has %d fields, #Fields %d", len(fields), p.width)
	}
	value := func(i int) []byte { return fields[p.columns[i]] }
	p.stamp = append(append(append(append(p.stamp[:0], value(cfDate)...), 'T'), value(cfTime)...), 'Z')
	var ok bool
	if rec.Time, ok = p.stamps.parse(p.stamp); !ok {
		return badTime("the time", p.stamp)
	}
	if rec.Duration, ok = parseDuration(value(cfTook), seconds); !ok {
		return badDuration("time-taken", value(cfTook))
	}
	status, ok := parseStatus(value(cfStatus))
	if !ok {
		return badStatus(value(cfStatus))
	}
	rec.Method = known(value(cfMethod))
	p.route = AppendRoute(p.route[:0], value(cfPath))
	rec.Route = p.route
	rec.Outcome = slowlog.OutcomeOfStatus(status)
	rec.Unmatched = status == 404 || status == 405
	return nil
}

// header finds the columns.
func (p *cloudFrontParser) header(names [][]byte) error {
	p.width = 0
	for i, column := range cloudFrontColumns {
		at := slices.IndexFunc(names, func(n []byte) bool { return string(n) == column })
		if at < 0 {
			return fmt.Errorf("%w: CloudFront's #Fields have %s", errHeader, column)
		}
		p.columns[i] = at
	}
	p.width = len(names)
	return errSkip
}
