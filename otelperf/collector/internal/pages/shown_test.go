// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/component"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
)

// aHost is a collector with extensions, of which some show services.
type aHost map[component.ID]component.Component

func (h aHost) GetExtensions() map[component.ID]component.Component { return h }

// shows shows services, another one does not.
type (
	shows   struct{ component.Component }
	another struct{ component.Component }
)

func (shows) Show(component.ID, *fleet.Fleet, views.Past) func() { return func() {} }

// TestHostOf: the error says what there is.
func TestHostOf(t *testing.T) {
	typ := component.MustNewType("otelperf")
	nope, a, b := component.MustNewID("nope"), component.NewIDWithName(typ, "a"), component.NewIDWithName(typ, "b")
	for want, c := range map[string]struct {
		named *component.ID
		host  aHost
	}{
		"extension is nope, accepted is one of type otelperf that service::extensions has: none":                    {&nope, aHost{nope: another{}}},
		"extension is nope, accepted is one of type otelperf that service::extensions has: [otelperf/a otelperf/b]": {&nope, aHost{a: shows{}, b: shows{}}},
		"extension is to be set, since there are several: [otelperf/a otelperf/b]":                                  {nil, aHost{a: shows{}, b: shows{}}},
		"<nil>": {&a, aHost{a: shows{}}},
	} {
		_, err := HostOf(c.host, c.named)
		if got := fmt.Sprint(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
