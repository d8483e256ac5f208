// SPDX-License-Identifier: Apache-2.0

// Package notify reports spikes to people: to Alertmanager, PagerDuty, Slack and webhooks.
//
//	n, err := notify.New(
//		notify.Alertmanager("https://alertmanager.example.com:9093"),
//		notify.Slack(notify.SecretFile("/run/secrets/slack-url")),
//		notify.WithBaseURL("https://shop.example.com/debug/otelperf/"))
//	mon, err := otelperf.New(otelperf.WithNotifier(n))
//
// Each sink has a queue and a goroutine of its own, so that one that hangs holds up no other, and nothing of it touches the service. The
// README describes what each of them gets, the retries and the bounds. All exported functions and methods are safe for concurrent use.
package notify
