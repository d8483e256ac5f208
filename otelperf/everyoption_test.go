// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"database/sql"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/events"
	"github.com/otelperf/otelperf-go/otelperf/evidence"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// everyOption has each option once, with a value that is not its default, by the name of its function.
func everyOption(t *testing.T) map[string]SetupOption {
	exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]SetupOption{
		"WithSlowThreshold":         WithSlowThreshold(time.Second),
		"WithEndpointSlowThreshold": WithEndpointSlowThreshold("GET /a", time.Second),
		"WithObjective":             WithObjective("GET /a", Objective{SuccessTarget: 0.999, Period: 30 * 24 * time.Hour}),
		"WithMaxEndpoints":          WithMaxEndpoints(7),
		"WithSlowLog":               WithSlowLog(slowlog.Limits{Recent: 7}),
		"WithBaseline":              WithBaseline(baseline.Config{Ratio: 3}),
		"WithMetricSource":          WithMetricSource(),
		"WithFeed":                  WithFeed(noFeed{}),
		"WithFeedHistory":           WithFeedHistory(new(FeedHistory)),
		"WithMetricInterval":        WithMetricInterval(5 * time.Second),
		"WithName":                  WithName("admin"),
		"WithDB":                    WithDB("main", new(sql.DB)),
		"WithEvidence":              WithEvidence(evidence.New()),
		"WithLogger":                WithLogger(slog.New(slog.DiscardHandler)),
		"WithRequestLog":            WithRequestLog(0.5),
		"WithHeaders":               WithHeaders(false),
		"WithStacks":                WithStacks(false),
		"WithIgnoredPaths":          WithIgnoredPaths("/ping"),
		"WithCountryHeader":         WithCountryHeader("CF-IPCountry"),
		"WithAuthorizer":            WithAuthorizer(func(*http.Request) bool { return true }),
		"WithBearerToken":           WithBearerToken(strings.Repeat("x", 16)),
		"WithLocalChanges":          WithLocalChanges(),
		"WithMaxStreams":            WithMaxStreams(7),
		"WithTraceURL":              WithTraceURL("https://jaeger.example.com/trace/{trace_id}"),
		"WithOnSpike":               WithOnSpike(func(Spike) {}),
		"WithNotifier":              WithNotifier(silent{}),
		"WithLoggerProvider":        WithLoggerProvider(lognoop.NewLoggerProvider()),
		"WithMeterProvider":         WithMeterProvider(noop.NewMeterProvider()),
		"WithStateFile":             WithStateFile(filepath.Join(t.TempDir(), "state")),
		"WithHistory":               WithHistory(noHistory{}),
		"WithFleet":                 WithFleet(new(testrig.Fleet)),
		"WithBundleDir":             WithBundleDir(t.TempDir()),
		"WithProcessorOptions":      WithProcessorOptions(spikeprocessor.WithAnatomy(false)),
		"WithEvents":                WithEvents(events.WithQueueSize(100)),
		"WithSpanExporter":          WithSpanExporter(tracetest.NewInMemoryExporter()),
		"WithMetricExporter":        WithMetricExporter(exporter),
		"WithMetricReader":          WithMetricReader(sdkmetric.NewManualReader()),
		"WithServiceName":           WithServiceName("shop"),
		"WithResource":              WithResource(resource.Empty()),
		"WithSampler":               WithSampler(sdktrace.AlwaysSample()),
	}
}

type noFeed struct{ feed.Source }

// silent is a Notifier that tells nobody.
type silent struct{}

func (silent) Notify(Notice)                  {}
func (silent) Status() []NotifierStatus       { return nil }
func (silent) Shutdown(context.Context) error { return nil }

// optionsOf are the functions of a package that return one of its option types.
func optionsOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results == nil || strings.HasSuffix(path, "_test.go") {
				continue
			}
			if id, ok := fn.Type.Results.List[0].Type.(*ast.Ident); ok && (id.Name == "Option" || id.Name == "SetupOption") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Each option changes what it is given to, New or Setup, and none is passed over.
func TestEveryOptionTakesEffect(t *testing.T) {
	options := everyOption(t)
	for _, name := range optionsOf(t, ".") {
		o, ok := options[name]
		if !ok {
			t.Errorf("%s is not tried here", name)
			continue
		}
		if option, ok := o.(Option); ok {
			usual, changed := defaultConfig(), defaultConfig()
			option.apply(&changed)
			if len(changed.errs) > 0 || reflect.DeepEqual(usual, changed) {
				t.Errorf("%s changes nothing in a Monitor's configuration, or is refused: %v", name, changed.errs)
			}
		}
		var changed setupConfig
		o.applySetup(&changed)
		if len(changed.errs) > 0 || reflect.DeepEqual(setupConfig{}, changed) {
			t.Errorf("%s changes nothing in Setup's configuration, or is refused: %v", name, changed.errs)
		}
	}
}

// What the span processor can be configured with has one way in: WithProcessorOptions, or an option of the Monitor of the same name.
func TestEveryOptionOfTheProcessorHasOneWayIn(t *testing.T) {
	values := []spikeprocessor.Option{
		spikeprocessor.WithSlowThreshold(time.Second), spikeprocessor.WithEndpointSlowThreshold("GET /a", time.Second),
		spikeprocessor.WithMaxEndpoints(3), spikeprocessor.WithSlowLog(nil), spikeprocessor.WithOnKeep(func(*slowlog.Entry) {}),
		spikeprocessor.WithAnatomy(false), spikeprocessor.WithInFlight(false), spikeprocessor.WithDependencies(false),
		spikeprocessor.WithQueryText(true), spikeprocessor.WithDimensions("tenant.id"), spikeprocessor.WithRescue(1, 2),
		spikeprocessor.WithSamplerMode(spikeprocessor.RecordRoots), spikeprocessor.WithoutEnrichment(),
	}
	ours := optionsOf(t, ".")
	for _, name := range optionsOf(t, "../spikeprocessor") {
		i := slices.IndexFunc(values, func(o spikeprocessor.Option) bool { return o.String() == name })
		if i < 0 {
			t.Errorf("spikeprocessor.%s is not tried here, or calls itself something else", name)
			continue
		}
		c, err := newConfig([]Option{WithProcessorOptions(values[i])})
		taken := err == nil && slices.ContainsFunc(c.processor, func(o spikeprocessor.Option) bool { return o.String() == name })
		if own := slices.Contains(ours, name); own == taken || own && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "otelperf."+name)) {
			t.Errorf("WithProcessorOptions(%s): taken %v, error %v; want it taken, or refused with the name of the Monitor's option", name, taken, err)
		}
	}
}

// A variable stands for a part of an option: an option that is given wins, for what it names and for no more.
func TestOptionsWinOverVariables(t *testing.T) {
	t.Setenv("OTELPERF_RATIO", "3")
	t.Setenv("OTELPERF_COOLDOWN", "2m")
	t.Setenv("OTELPERF_RESCUE_RATE", "7")
	t.Setenv("OTELPERF_SAMPLER_MODE", "roots")
	t.Setenv("OTELPERF_BEARER_TOKEN", strings.Repeat("e", 16))
	for name, tt := range map[string]struct {
		option          Option
		ratio           float64
		cooldown        time.Duration
		processorOption int
	}{
		"none":       {WithHeaders(true), 3, 2 * time.Minute, 2},
		"cooldown":   {WithBaseline(baseline.Config{Cooldown: time.Minute}), 3, time.Minute, 2},
		"ratio":      {WithBaseline(baseline.Config{Ratio: 4}), 4, 2 * time.Minute, 2},
		"the rescue": {WithProcessorOptions(spikeprocessor.WithRescue(1, 2)), 3, 2 * time.Minute, 3}, // the later one counts
	} {
		c, err := newConfig([]Option{tt.option})
		if err != nil || c.baseline.Ratio != tt.ratio || c.baseline.Cooldown != tt.cooldown || len(c.processor) != tt.processorOption {
			t.Errorf("%s: ratio %v, cooldown %v, %d processor options, %v; want %+v", name, c.baseline.Ratio, c.baseline.Cooldown, len(c.processor), err, tt)
		}
	}
}

func TestSwitchingOffByVariable(t *testing.T) {
	for _, tt := range []struct{ value, by string }{
		{"true", "OTELPERF_DISABLED"}, {"TRUE", "OTELPERF_DISABLED"}, {" true ", "OTELPERF_DISABLED"}, {"false", ""}, {"", ""},
	} {
		t.Setenv("OTELPERF_DISABLED", tt.value)
		if c, err := newConfig(nil); err != nil || c.disabled != tt.by {
			t.Errorf("OTELPERF_DISABLED=%q: switched off by %q, %v; want %q", tt.value, c.disabled, err, tt.by)
		}
	}
	t.Setenv("OTELPERF_DISABLED", "yes")
	if _, err := newConfig(nil); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "OTELPERF_DISABLED") {
		t.Errorf("OTELPERF_DISABLED=yes: %v, want ErrConfig that names it", err)
	}
	t.Setenv("OTELPERF_DISABLED", "false")
	t.Setenv("OTEL_SDK_DISABLED", "True")
	if c, err := newConfig(nil); err != nil || c.disabled != "OTEL_SDK_DISABLED" {
		t.Errorf("OTEL_SDK_DISABLED=True: switched off by %q, %v", c.disabled, err)
	}
}

// What other packages have to say of their options is one fault each, under our name, and both sentinels are found in it.
func TestFaultsOfOtherPackages(t *testing.T) {
	c, err := newConfig([]Option{
		WithBaseline(baseline.Config{Ratio: .1, Weight: 2}), WithSlowLog(slowlog.Limits{Recent: -1, Failed: -1}), WithProcessorOptions(spikeprocessor.WithRescue(-1, -1)),
	})
	if len(c.errs) != 6 || !errors.Is(err, ErrConfig) || !errors.Is(err, spikeprocessor.ErrConfig) || !errors.Is(err, slowlog.ErrConfig) {
		t.Errorf("%d faults, want 6:\n%v", len(c.errs), err)
	}
	for _, e := range c.errs {
		if !errors.Is(e, ErrConfig) || strings.Count(e.Error(), "invalid configuration") != 1 || strings.Contains(e.Error(), "\n") {
			t.Errorf("%q: want one line that says once that the configuration is invalid", e)
		}
	}
}

func TestOptionsAddUp(t *testing.T) {
	c, err := newConfig([]Option{WithSlowLog(slowlog.Limits{Recent: 7}), WithSlowLog(slowlog.Limits{Failed: 9})})
	if err != nil || c.slowLimits.Recent != 7 || c.slowLimits.Failed != 9 || c.slowLimits.Endpoints != slowlog.DefaultLimits().Endpoints {
		t.Errorf("limits are %+v, %v; want those of both options", c.slowLimits, err)
	}
	if _, err := newConfig([]Option{WithBaseline(baseline.Config{Tick: 5 * time.Second})}); !errors.Is(err, ErrConfig) {
		t.Errorf("a tick, which nothing would heed: %v, want ErrConfig", err)
	}
	for _, name := range []string{"", "X Y", "X\tY", "Länd", "X:", strings.Repeat("x", 200)} {
		if _, err := newConfig([]Option{WithCountryHeader(name)}); !errors.Is(err, ErrConfig) {
			t.Errorf("country header %q: %v, want ErrConfig", name, err)
		}
	}
}

// noHistory stores nothing.
type noHistory struct{}

func (noHistory) Append(context.Context, *history.Batch) error { return nil }
func (noHistory) Range(context.Context, history.Query) iter.Seq2[*history.Batch, error] {
	return func(func(*history.Batch, error) bool) {}
}
func (noHistory) Close() error { return nil }
