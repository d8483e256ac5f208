// SPDX-License-Identifier: Apache-2.0

package events

import "strings"

// Names of the events this package makes itself; see ownName.
const (
	nameRequest   = "otelperf.request"
	nameException = "exception" // OpenTelemetry's name for it
	nameWebVital  = "browser.web_vital"
	namePageView  = "browser.page_view"
	nameClick     = "browser.click"
)

// ownName reports whether only this package gives the name: clients cannot send it through track and batch-track.
func ownName(name string) bool {
	return name == nameException || strings.HasPrefix(name, "otelperf.") || strings.HasPrefix(name, "browser.")
}

// Attribute keys of the records. Those without the otelperf prefix are OpenTelemetry's; the
// browser.web_vital ones are as the OpenTelemetry browser instrumentation writes them.
const (
	keySession    = "session.id"
	keyUserID     = "user.id"
	keyUserHash   = "user.hash"
	keyTemplate   = "url.template"
	keyMethod     = "http.request.method"
	keyRoute      = "http.route"
	keyStatus     = "http.response.status_code"
	keyExcType    = "exception.type"
	keyExcMessage = "exception.message"
	keyExcStack   = "exception.stacktrace"

	keyEventID     = "otelperf.event.id"
	keySource      = "otelperf.event.source"
	keyClock       = "otelperf.event.clock"
	keyClockSkew   = "otelperf.event.clock_skew" // s
	keyDuration    = "otelperf.request.duration" // s
	keyOutcome     = "otelperf.outcome"
	keyClickTarget = "otelperf.click.target"
	keyNavigation  = "otelperf.page_view.kind"

	keyVitalName       = "browser.web_vital.name"
	keyVitalValue      = "browser.web_vital.value"
	keyVitalDelta      = "browser.web_vital.delta"
	keyVitalID         = "browser.web_vital.id"
	keyVitalRating     = "browser.web_vital.rating"
	keyVitalNavigation = "browser.web_vital.navigation_type"
)
