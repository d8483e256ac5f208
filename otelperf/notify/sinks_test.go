// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// deliver sends notices to a sink and returns what its server got.
func deliver(t *testing.T, sinkAt func(url string) Option, notices ...otelperf.Notice) []posted {
	t.Helper()
	r := &receiver{}
	n := newNotifier(t, sinkAt(serve(t, r)), WithBaseURL("https://shop.example.com/perf"), WithTraceURL("https://jaeger.example.com/trace/{trace_id}"))
	for i, one := range notices {
		n.Notify(one)
		testrig.Eventually(t, "the message to arrive", func() bool { return n.Status()[0].Delivered == uint64(i+1) })
	}
	if err := n.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	return r.got()
}

func TestWebhook(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	write(t, key, "first\n")
	got := deliver(t, func(url string) Option { return Webhook(url+"/hook", SecretFile(key)) }, notice("firing", "a"))
	p := got[0]
	if err := Verify("first", p.header.Get(SignatureHeader), []byte(p.body), time.Minute); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"another key":  Verify("second", p.header.Get(SignatureHeader), []byte(p.body), time.Minute),
		"another body": Verify("first", p.header.Get(SignatureHeader), []byte(p.body+" "), time.Minute),
		"another time": Verify("first", strings.Replace(p.header.Get(SignatureHeader), "t=", "t=1", 1), []byte(p.body), time.Hour),
		"a replay":     Verify("first", p.header.Get(SignatureHeader), []byte(p.body), -time.Second),
		"no header":    Verify("first", "", []byte(p.body), time.Minute),
		"no key":       Verify("", p.header.Get(SignatureHeader), []byte(p.body), time.Minute),
	} {
		if err == nil {
			t.Errorf("%s is verified", what)
		}
	}
	var body payload
	if err := json.Unmarshal([]byte(p.body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Schema != schema || body.Event != "firing" || body.Service != "shop" || body.Endpoint != "GET /cart" || body.Test ||
		body.Summary != "GET /cart: +380 ms a slow request; 96 % in POST inventory" || body.IdempotencyKey == "" || body.IdempotencyKey != p.header.Get("Idempotency-Key") {
		t.Errorf("%+v", body)
	}
	if l := body.Links; l.Page != "https://shop.example.com/perf/" || l.Spike != l.Page+"spikes/a" || l.Bundle != l.Spike+"/bundle" ||
		len(l.Traces) != 1 || l.Traces[0] != "https://jaeger.example.com/trace/27312a11f8764283f11d5b05a115414e" {
		t.Errorf("links %+v", l)
	}
}

// A key in a file that is replaced counts at once, and one that is gone is a failure that is tried again.
func TestSecretIsRotated(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	write(t, key, "first")
	r := &receiver{}
	n := newNotifier(t, Webhook(serve(t, r), SecretFile(key)))
	write(t, key, "second")
	n.Notify(notice("firing", "a"))
	testrig.Eventually(t, "the message", func() bool { return len(r.got()) == 1 })
	if p := r.got()[0]; Verify("second", p.header.Get(SignatureHeader), []byte(p.body), time.Minute) != nil {
		t.Error("it is not signed with the new key")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	n.Notify(notice("firing", "b"))
	testrig.Eventually(t, "the trouble", func() bool { return strings.Contains(n.Status()[0].Trouble, "key: its file") })
	write(t, key, "third")
	testrig.Eventually(t, "the message", func() bool { return len(r.got()) == 2 && n.Status()[0].Trouble == "" })
	_ = n.Shutdown(t.Context())
}

// A hostile route mentions nobody, adds no line and no link.
func TestSlackIsEscaped(t *testing.T) {
	hostile := notice("firing", "a")
	hostile.Spike.Cause = "GET /<!channel>\n<https://evil.example|click> & \u202egnp"
	got := deliver(t, func(url string) Option { return Slack(SecretText(url + "/services/T0/B0/secret")) }, hostile, notice("resolved", "a"))
	var body struct {
		Text   string
		Mrkdwn *bool
	}
	if err := json.Unmarshal([]byte(got[0].body), &body); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(body.Text, "\n")
	if lines[0] != "FIRING shop: GET /&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp;  gnp" || body.Mrkdwn == nil || *body.Mrkdwn {
		t.Errorf("the first line is %q, mrkdwn %v", lines[0], body.Mrkdwn)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "<https://shop.example.com/perf/|page> | <") || !strings.HasSuffix(last, "|slow trace>") {
		t.Errorf("the links are %q", last)
	}
	if !strings.Contains(got[1].body, "RESOLVED shop: ") || got[0].path != "/services/T0/B0/secret" {
		t.Errorf("%+v", got)
	}
}

func TestPagerDuty(t *testing.T) {
	got := deliver(t, func(url string) Option { return PagerDuty(SecretText("R0"), WithEndpoint(url+"/v2/enqueue")) }, notice("firing", "a"), notice("resolved", "a"))
	type event struct {
		RoutingKey  string `json:"routing_key"`
		EventAction string `json:"event_action"`
		DedupKey    string `json:"dedup_key"`
		ClientURL   string `json:"client_url"`
		Payload     struct{ Summary, Source, Severity, Component string }
		Links       []map[string]string
	}
	var first, last event
	if err := errors.Join(json.Unmarshal([]byte(got[0].body), &first), json.Unmarshal([]byte(got[1].body), &last)); err != nil {
		t.Fatal(err)
	}
	if first.RoutingKey != "R0" || first.EventAction != "trigger" || first.DedupKey != "shop/shop-1/a" || first.Payload.Severity != "critical" ||
		first.Payload.Source != "shop-1" || first.Payload.Component != "GET /cart" || !strings.Contains(first.Payload.Summary, "96 % in POST inventory") || len(first.Links) != 4 {
		t.Errorf("trigger %+v", first)
	}
	if last.EventAction != "resolve" || last.DedupKey != first.DedupKey || got[1].path != "/v2/enqueue" {
		t.Errorf("resolve %+v", last)
	}
}

// An alert has the labels that it began with, whichever endpoint is the worst now; one that has become critical takes the place of the warning.
func TestAlertmanagerLabels(t *testing.T) {
	warning := notice("firing", "a")
	warning.Spike.Severity, warning.Spike.Endpoints[0].Matter = "warning", "client_errors"
	grown := notice("update", "a")
	grown.Spike.Endpoints = append([]otelperf.SpikeEndpoint{{Method: "GET", Route: "/worse", Matter: "failures", At: grown.Spike.At.Add(time.Minute)}}, warning.Spike.Endpoints...)
	end := notice("resolved", "a")
	end.Spike.Severity, end.Spike.Endpoints = "warning", nil
	k := labelled{}
	now := time.Now()
	var all [][]alert
	cfg := &config{}
	for _, n := range []otelperf.Notice{warning, grown, end} {
		all = append(all, k.alerts(cfg.newMessage(n), now))
	}
	want := map[string]string{
		"alertname": "OtelperfSpike", "service": "shop", "severity": "warning", "endpoint": "GET /cart", "matter": "client_errors", "instance": "shop-1", "incident": "a",
	}
	first, again, last := all[0][0], all[1], all[2]
	if !maps.Equal(first.Labels, want) || !first.EndsAt.After(now.Add(3*refreshEvery)) {
		t.Errorf("it begins as %+v", first)
	}
	if len(again) != 2 || !maps.Equal(again[0].Labels, want) || again[0].EndsAt.After(time.Now()) || again[1].Labels["severity"] != "critical" || again[1].Labels["endpoint"] != "GET /cart" {
		t.Errorf("once it is critical: %+v", again)
	}
	if len(last) != 1 || !maps.Equal(last[0].Labels, again[1].Labels) || last[0].EndsAt.After(now) || len(k) != 0 {
		t.Errorf("its end is %+v", last)
	}
}

// What fires is sent again each minute, until its end.
func TestAlertmanagerIsRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		n := through(newNotifier(t, Alertmanager("https://alertmanager.example.com")), r)
		n.Notify(notice("firing", "a"))
		n.Notify(notice("open", "b"))
		time.Sleep(10*time.Minute + time.Second)
		if sent := len(r.got()); sent != 22 || n.Status()[0].Delivered != 1 {
			t.Errorf("%d sent in ten minutes, want 22; %+v", sent, n.Status()[0])
		}
		n.Notify(notice("resolved", "a"))
		n.Notify(notice("resolved", "b"))
		time.Sleep(time.Hour)
		if sent := len(r.got()); sent != 24 {
			t.Errorf("%d sent in all, want two ends more", sent)
		}
		_ = n.Shutdown(t.Context())
	})
}

// All that is wrong is an error at once, names the field, and shows no secret.
func TestBadInput(t *testing.T) {
	missing := SecretFile(filepath.Join(t.TempDir(), "absent"))
	_, err := New(
		Alertmanager("alertmanager:9093"), Alertmanager("https://user:s3cret@alertmanager"), Webhook("ftp://hooks.example.com", SecretText("k")), Webhook("https://hooks.example.com/s3cret", SecretText("")),
		Slack(missing), Slack(SecretText("s3cret://hooks.slack.com")), PagerDuty(SecretText(" "), WithEndpoint("s3cret")), Webhook("https://h.example", SecretText("k"), WithEndpoint("https://e.example")),
		Alertmanager("http://a", WithTimeout(time.Hour), WithRetryFor(time.Second), WithProxy("s3cret:1"), WithBearerToken(missing), WithTLS(TLS{RootCAsFile: "s3cret"}), WithTLS(TLS{CertFile: "s3cret"}), nil),
		WithBaseURL("shop.example.com"), WithBaseURL("https://u:s3cret@shop.example.com"), WithTraceURL("https://jaeger.example.com/"), nil)
	if !errors.Is(err, otelperf.ErrConfig) {
		t.Fatalf("%v, want ErrConfig", err)
	}
	text := err.Error()
	for _, want := range []string{
		"alertmanager: URL", "webhook: URL", "webhook: key", "slack: URL: its file", "slack: URL: accepted", "pagerduty: routing key", "pagerduty: endpoint", "webhook: WithEndpoint",
		"alertmanager: timeout is 1h0m0s", "retry for is 1s", "proxy", "bearer token", "TLS.RootCAsFile", "TLS.CertFile", "an option is nil", "base URL", "trace URL", "option 13 is nil",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the error lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") {
		t.Errorf("the error shows a secret:\n%s", text)
	}
	if _, err := New(); !errors.Is(err, otelperf.ErrConfig) {
		t.Errorf("no sink: %v, want ErrConfig", err)
	}
}

// No way of printing shows a secret, nor does what is said of a failure.
func TestSecretsAreNotShown(t *testing.T) {
	s := SecretText("s3cret")
	raw, _ := json.Marshal(map[string]any{"key": s})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", s)
	if all := fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s) + string(raw) + log.String(); strings.Contains(all, "s3cret") {
		t.Errorf("a secret is shown: %s", all)
	}
	refused := &receiver{answer: func(int) int { return http.StatusForbidden }}
	n := newNotifier(t, Slack(SecretText("http://127.0.0.1:1/services/s3cret")), Slack(SecretText(serve(t, refused)+"/services/s3cret")))
	n.Notify(notice("firing", "a"))
	testrig.Eventually(t, "both to fail", func() bool { return n.Status()[0].Trouble != "" && n.Status()[1].Trouble != "" })
	for _, st := range n.Status() {
		if strings.Contains(st.Trouble+st.Sink, "s3cret") || !strings.HasPrefix(st.Sink, "slack 127.0.0.1:") {
			t.Errorf("%+v", st)
		}
	}
	_ = n.Shutdown(t.Context())
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
