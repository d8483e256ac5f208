// SPDX-License-Identifier: Apache-2.0

package events

// Names of the events this package makes itself. Clients cannot send them through track and batch-track.
const (
	NameRequest   = "otelperf.request"
	NameException = "exception" // OpenTelemetry's name for it
	NameWebVital  = "browser.web_vital"
	NamePageView  = "browser.page_view"
	NameClick     = "browser.click"
)

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
