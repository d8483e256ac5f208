// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

// The events about single instances of a service.
const (
	eventOutOfLine = "otelperf.instance.out_of_line"
	eventInLine    = "otelperf.instance.in_line"
)

// memberLogs is that an instance is out of line, or is no longer: a warning, since the service as a whole is well.
func memberLogs(n *fleet.News) plog.Logs {
	v := n.Member
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	putResource(rl.Resource(), n.Service.Name())
	sl := rl.ScopeLogs().AppendEmpty()
	putScope(sl.Scope())
	r := sl.LogRecords().AppendEmpty()
	r.SetEventName(eventOutOfLine)
	r.SetSeverityNumber(plog.SeverityNumberWarn)
	r.SetSeverityText("WARN")
	if v.Ended {
		r.SetEventName(eventInLine)
		r.SetSeverityNumber(plog.SeverityNumberInfo)
		r.SetSeverityText("INFO")
	}
	r.SetTimestamp(pcommon.NewTimestampFromTime(v.Since))
	r.SetObservedTimestamp(pcommon.NewTimestampFromTime(n.At))
	r.Body().SetStr(v.Text())
	attrs := r.Attributes()
	attrs.PutStr("service.instance.id", v.Name)
	for _, kv := range v.Attributes {
		key, value, _ := strings.Cut(kv, "=")
		attrs.PutStr(key, value)
	}
	attrs.PutInt("otelperf.instance.requests", int64(min(v.Requests, 1<<62)))
	attrs.PutInt("otelperf.instance.slow", int64(min(v.Slow, 1<<62)))
	attrs.PutDouble("otelperf.instance.others_slow_share", v.Others)
	attrs.PutInt("otelperf.instance.seconds", v.Seconds)
	return ld
}
