// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Sampler returns a sampler that decides as root does, except that what root would drop is recorded, unsampled
// (WithSamplerMode says how much of it): a request is counted and can be kept, and it is exported only if it is rescued. Trace state and attributes of root's
// decision are left as they are. With root nil, OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say what root is, as
// they would without a sampler (sdktrace.WithSampler overrides them); their default is parentbased_always_on.
//
// A span that is recorded but not sampled reports IsRecording() == true to the program's own code. One sampler may serve several
// providers, and stand inside of another one. It is meant for providers that have a processor of p's: in others it records for nobody.
func (p *Processor) Sampler(root sdktrace.Sampler) sdktrace.Sampler {
	if root == nil {
		root = SamplerFromEnv()
	}
	p.core.samplerUsed.Store(true)
	return &recordingSampler{root: root, core: p.core}
}

type recordingSampler struct {
	root sdktrace.Sampler
	core *core
}

// ShouldSample implements sdktrace.Sampler.
func (s *recordingSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	r := s.root.ShouldSample(p)
	if r.Decision != sdktrace.Drop {
		return r
	}
	if parent := trace.SpanContextFromContext(p.ParentContext); s.core.wants(p.Kind, parent) {
		r.Decision = sdktrace.RecordOnly
		s.core.recorded.add(noteOf(p.TraceID, parent.SpanID(), p.Name))
	}
	return r
}

// wants reports whether a span that would be dropped is to be recorded.
func (c *core) wants(kind trace.SpanKind, parent trace.SpanContext) bool {
	if c.stopped.Load() {
		return false
	}
	if c.cfg.mode == RecordAll || serves(kind) || !parent.IsValid() || parent.IsRemote() {
		return true
	}
	return c.cfg.mode == RecordSuspects && time.Now().UnixNano()-c.suspicion.Load() < int64(suspectsFor)
}

// Description implements sdktrace.Sampler.
func (s *recordingSampler) Description() string {
	return fmt.Sprintf("otelperf{root:%s}", s.root.Description())
}

// SamplerFromEnv returns the sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name, as the SDK would make
// it. What it cannot read goes to the OpenTelemetry error handler, and the default, parentbased_always_on, holds.
func SamplerFromEnv() sdktrace.Sampler {
	name := strings.ToLower(strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER")))
	s := samplerNamed(name)
	if s == nil {
		otel.Handle(fmt.Errorf("otelperf: OTEL_TRACES_SAMPLER is %q, want always_on, always_off, traceidratio, "+
			"parentbased_always_on, parentbased_always_off or parentbased_traceidratio", name))
		return sdktrace.ParentBased(sdktrace.AlwaysSample())
	}
	return s
}

func samplerNamed(name string) sdktrace.Sampler {
	switch name {
	case "always_on":
		return sdktrace.AlwaysSample()
	case "always_off":
		return sdktrace.NeverSample()
	case "traceidratio":
		return sdktrace.TraceIDRatioBased(ratioFromEnv())
	case "", "parentbased_always_on":
		return sdktrace.ParentBased(sdktrace.AlwaysSample())
	case "parentbased_always_off":
		return sdktrace.ParentBased(sdktrace.NeverSample())
	case "parentbased_traceidratio":
		return sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratioFromEnv()))
	}
	return nil
}

// ratioFromEnv is 1 when the variable is unset or wrong, as in the SDK.
func ratioFromEnv() float64 {
	text := strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER_ARG"))
	if text == "" {
		return 1
	}
	ratio, err := strconv.ParseFloat(text, 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		otel.Handle(fmt.Errorf("otelperf: OTEL_TRACES_SAMPLER_ARG is %q, want 0 to 1", text))
		return 1
	}
	return ratio
}
