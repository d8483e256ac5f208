// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

// TestLayoutsSayWhatTheScanSays compares the remembering scan with the plain one while layouts change under it.
func TestLayoutsSayWhatTheScanSays(t *testing.T) {
	method, route, status := attribute.String(keyHTTPMethod, "GET"), RouteKey.String("/a"), attribute.Int(keyHTTPStatus, 404)
	outcome, other := OutcomeKey.String("canceled"), attribute.String("url.path", "/a/1")
	computed := attribute.String(strings.Clone(string(RouteKey)), "/b") // the key is no constant
	sameLength := attribute.String("otelperf.endings", "as long as ")   // as the key of outcomes
	scheme := attribute.String("url.scheme", "https")                   // as long as that of routes
	double := attribute.Float64(keyHTTPStatus, 503)
	var l Layouts
	for _, attrs := range [][]attribute.KeyValue{
		{}, {method}, {method, route, status}, {method, route, status}, {route, method, status}, {method, route, outcome, status},
		{method, route, other, status}, {method, route, outcome, status}, {method, other, route, status}, {outcome, method, route, status},
		{status, route, method, outcome}, {method, route, status, other}, {other, other, other, other}, {other, method, route, status},
		{method, status}, {method, other, status}, {method, status, other}, {method, route, status}, {method, computed, status}, {computed, method, status},
		{method, outcome, status}, {method, other, status}, {method, scheme, status}, {method, sameLength, status}, {outcome, method, status},
		{method, other, status}, {status, method, other}, {method, status, route}, {method, status, outcome}, {method, method, status}, {method, status, status},
		{method, route, scheme, status}, {method, route, sameLength, status}, {method, scheme, scheme, status}, {computed, method, scheme, status},
		{outcome, method, route, status}, {other, method, route, status}, {outcome, method, route, status}, {outcome, method, other, status},
		{method, route, double}, {method, route, status}, {method, route, double}, {method, other, double}, {status, route, method},
		make([]attribute.KeyValue, 40), append(many(127), method, route, status), append(many(40), outcome, method, route, status),
	} {
		for range 2 {
			m1, r1, s1, o1, told1, server := l.Scan(attrs)
			m2, r2, s2, o2, told2 := scan(attrs)
			if m1 != m2 || r1 != r2 || s1 != s2 || o1 != o2 || told1 != told2 {
				t.Errorf("%v: got %q %q %d %v %v, want %q %q %d %v %v", attrs, m1, r1, s1, o1, told1, m2, r2, s2, o2, told2)
			}
			if server && (r1 != "" || Path(attrs) == "") {
				t.Errorf("%v: taken for a server's without a route", attrs)
			}
			if m2 != "" && s2 != 0 && r2 == "" && !told2 {
				l.LearnServer(attrs)
			}
		}
	}
}
