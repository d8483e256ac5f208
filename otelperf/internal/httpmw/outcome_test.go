// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"testing"

	"github.com/otelperf/otelperf-go/slowlog"
)

func TestOutcome(t *testing.T) {
	tests := []struct {
		name string
		end  ending
		want slowlog.Outcome
	}{
		{"nothing written", ending{declared: -1}, slowlog.OutcomeOK},
		{"redirect", ending{status: 302, declared: -1}, slowlog.OutcomeOK},
		{"4xx", ending{status: 418, declared: -1}, slowlog.OutcomeClientError},
		{"5xx", ending{status: 503, declared: -1}, slowlog.OutcomeServerError},
		{"panic after 200", ending{panicked: true, status: 200}, slowlog.OutcomePanic},
		{"panic after the client left", ending{panicked: true, gone: true}, slowlog.OutcomePanic},
		{"abort", ending{aborted: true, status: 200}, slowlog.OutcomeAborted},
		{"abort as the client left", ending{aborted: true, status: 200, gone: true}, slowlog.OutcomeCanceled},
		{"cut off", ending{cut: true, status: 200, declared: -1}, slowlog.OutcomeAborted},
		{"failed, and cut off", ending{cut: true, status: 500, declared: -1}, slowlog.OutcomeServerError},
		{"cut off events", ending{cut: true, events: true, status: 200}, slowlog.OutcomeStream},
		{"hijacked", ending{hijacked: true}, slowlog.OutcomeStream},
		{"hijacked, client left", ending{hijacked: true, gone: true}, slowlog.OutcomeStream},
		{"upgrade without hijack", ending{status: 101}, slowlog.OutcomeStream},
		{"events", ending{events: true, status: 200, gone: true}, slowlog.OutcomeStream},
		{"aborted events", ending{events: true, status: 200, aborted: true}, slowlog.OutcomeStream},
		{"events refused", ending{events: true, status: 503}, slowlog.OutcomeServerError},
		{"gone, length unknown", ending{gone: true, status: 200, bytes: 10, declared: -1}, slowlog.OutcomeCanceled},
		{"gone, all of it", ending{gone: true, status: 200, bytes: 10, declared: 10}, slowlog.OutcomeOK},
		{"gone, not all", ending{gone: true, status: 200, bytes: 9, declared: 10}, slowlog.OutcomeCanceled},
		{"gone, all but late", ending{gone: true, late: true, status: 200, bytes: 10, declared: 10}, slowlog.OutcomeCanceled},
		{"gone, all but an error", ending{gone: true, writeError: true, status: 200, bytes: 10, declared: 10}, slowlog.OutcomeCanceled},
		{"gone after 204", ending{gone: true, status: 204, declared: -1}, slowlog.OutcomeOK},
		{"gone after HEAD", ending{gone: true, bodyless: true, status: 200, declared: 10}, slowlog.OutcomeOK},
		{"gone before HEAD", ending{gone: true, bodyless: true, declared: -1}, slowlog.OutcomeCanceled},
		{"gone, late 500", ending{gone: true, late: true, status: 500, declared: -1}, slowlog.OutcomeCanceled},
	}
	for _, tt := range tests {
		if got := tt.end.outcome(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
