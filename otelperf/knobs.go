// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// knob is a setting that can be changed: its range in words, and how it is set. set reports false for what is not accepted.
type knob struct {
	accepted string
	set      func(*live, json.RawMessage) bool
}

// knobs are what PATCH config accepts here: of a service that is judged elsewhere nothing is set here.
func (m *Monitor) knobs() map[string]knob {
	if m.cfg.feed != nil {
		return nil
	}
	return knobs()
}

// knobs are what PATCH config accepts.
func knobs() map[string]knob {
	return map[string]knob{
		"request_log_rate": number64("0 to 1", 0, 1, func(l *live, x float64) { l.requestLog = x }),
		"log_level": {"debug, info, warn, error", func(l *live, raw json.RawMessage) bool {
			var text string
			return json.Unmarshal(raw, &text) == nil && slices.Contains([]string{"debug", "info", "warn", "error"}, text) &&
				l.level.UnmarshalText([]byte(text)) == nil
		}},
		"baseline_ratio":            number64("1.2 to 100", 1.2, 100, func(l *live, x float64) { l.baseline.Ratio = x }),
		"baseline_weight":           number64("0.1 to 0.999", 0.1, 0.999, func(l *live, x float64) { l.baseline.Weight = x }),
		"slow_threshold_ms":         number64("0.001 to 86400000", 0.001, 8.64e7, func(l *live, x float64) { l.slowThreshold = units.Duration(x / 1e3) }),
		"baseline_cooldown_seconds": number64("0.001 to 86400", 0.001, 86400, func(l *live, x float64) { l.baseline.Cooldown = units.Duration(x) }),
		"baseline_floor_ms":         number64("0.001 to 3600000", 0.001, 3.6e6, func(l *live, x float64) { l.baseline.Floor = units.Duration(x / 1e3) }),
		"baseline_grace_seconds":    number64("0.001 to 3600", 0.001, 3600, func(l *live, x float64) { l.baseline.Grace = units.Duration(x) }),
	}
}

func number64(accepted string, low, high float64, set func(*live, float64)) knob {
	return knob{accepted, func(l *live, raw json.RawMessage) bool {
		var x *float64
		if json.Unmarshal(raw, &x) != nil || x == nil || math.IsNaN(*x) || *x < low || *x > high {
			return false
		}
		set(l, *x)
		return true
	}}
}

// change puts settings in force, all of them or none: refused names those that cannot be, each with what is accepted.
func (m *Monitor) change(patch map[string]json.RawMessage, by string) (refused map[string]string, err error) {
	m.settings.changing.Lock()
	defer m.settings.changing.Unlock()
	next, refused := m.settings.now.Load().with(patch, m.knobs())
	if len(refused) > 0 {
		return refused, nil
	}
	if err := m.apply(next); err != nil {
		return nil, err
	}
	m.markChange(marks.Config, changesText(patch), by)
	return nil, nil
}

// changesText names settings and what they are now.
func changesText(patch map[string]json.RawMessage) string {
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		changes = append(changes, name+" "+string(patch[name]))
	}
	return strings.Join(changes, ", ")
}

// with is l with the changes of patch, and what is wrong with them.
func (l live) with(patch map[string]json.RawMessage, knobs map[string]knob) (next live, refused map[string]string) {
	refused = map[string]string{}
	for name, raw := range patch {
		k, known := knobs[name]
		switch {
		case len(knobs) == 0:
			refused[name] = "nothing: settings are those of who receives the numbers of the service, such as a Collector's configuration"
		case !known:
			refused[name] = "no setting that can be changed; those are " + strings.Join(slices.Sorted(maps.Keys(knobs)), ", ")
		case !k.set(&l, raw):
			refused[name] = k.accepted
		}
	}
	if len(refused) == 0 {
		if err := l.baseline.Validate(); err != nil {
			refused["baseline"] = err.Error()
		}
	}
	return l, refused
}
