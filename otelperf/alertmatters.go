// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"log/slog"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// alertNames are what alerts call the matters of spikes.
var alertNames = map[engine.Matter]string{
	engine.Latency: "latency spike", engine.Failures: "failures", engine.Panics: "panics", engine.ClientErrors: "client errors",
	engine.Silence: "silence", engine.Objective: "burning of an objective",
}

// matter is what an alert calls what it is about: that of the first endpoint.
func (ev *alert) matter() string { return alertNames[engine.Matter(ev.spike.Matter)] }

// warning reports whether an alert is to wake nobody.
func (ev *alert) warning() bool { return ev.spike.Severity == string(engine.Warning) }

// numbers are what the line of an alert says of its first endpoint.
func (ev *alert) numbers(p *SpikeEndpoint) []slog.Attr {
	if p.Matter == string(engine.Latency) {
		attrs := []slog.Attr{slog.Float64("p99_ms", p.P99Ms), slog.Float64("baseline_p99_ms", p.BaselineP99Ms)}
		if p.Ratio != nil {
			attrs = append(attrs, slog.Float64("quantile", p.Quantile), slog.Float64("quantile_ms", p.QuantileMs),
				slog.Float64("baseline_quantile_ms", p.BaselineQuantileMs), slog.Float64("ratio", *p.Ratio))
		}
		return attrs
	}
	attrs := []slog.Attr{slog.Float64("expected", p.Expected)}
	if p.Share != nil && p.UsualShare != nil {
		attrs = append(attrs, slog.Uint64("bad", p.Bad), slog.Float64("share", *p.Share), slog.Float64("usual_share", *p.UsualShare))
	}
	if p.UsualRate != nil {
		attrs = append(attrs, slog.Float64("usual_rate", *p.UsualRate))
	}
	return attrs
}

// measures are the same of an OpenTelemetry event.
func measures(p *SpikeEndpoint) []attribute.KeyValue {
	if p.Matter == string(engine.Latency) {
		attrs := []attribute.KeyValue{
			attribute.String("otelperf.spike.level", p.Level), attribute.Float64("otelperf.p99", p.P99Ms/1e3),
			attribute.Float64("otelperf.baseline.p99", p.BaselineP99Ms/1e3), attribute.Float64("otelperf.spike.quantile", p.Quantile),
			attribute.Int64("otelperf.spike.above", int64(p.Above)),
		}
		if p.Ratio != nil {
			attrs = append(attrs, attribute.Float64("otelperf.baseline.ratio", *p.Ratio))
		}
		return attrs
	}
	var attrs []attribute.KeyValue
	if p.Share != nil && p.UsualShare != nil {
		attrs = append(attrs, attribute.Int64("otelperf.spike.bad", int64(p.Bad)), attribute.Float64("otelperf.spike.share", *p.Share),
			attribute.Float64("otelperf.spike.usual_share", *p.UsualShare))
	}
	if p.UsualRate != nil {
		attrs = append(attrs, attribute.Float64("otelperf.spike.usual_rate", *p.UsualRate))
	}
	return attrs
}
