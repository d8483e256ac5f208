// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/notify"
)

// notifyFlags is what a user typed.
type notifyFlags struct {
	test                                             bool
	alertmanager, webhook, slackFile, pagerDutyFile  string
	secretFile, tokenFile, pagerDutyURL              string
	rootCAs, certFile, keyFile, serverName, proxyURL string
	service                                          string
	timeout                                          time.Duration
}

func newNotify() *cobra.Command {
	var flags notifyFlags
	cmd := &cobra.Command{
		Use:   "notify --test",
		Short: "Send a test message to where spikes are reported: Alertmanager, PagerDuty, Slack, a webhook",
		Long: `Sends a message that says that it is a test to each sink that is given, firing and then resolved, and says what was
accepted. Secrets are read from files.

Exit status: 0 when all was accepted; 1 when something was not; 2 when it could not begin with what it was given.`,
		Example: `  otelperf notify --test --alertmanager http://alertmanager:9093
  otelperf notify --test --slack-url-file /run/secrets/slack --pagerduty-key-file /run/secrets/pagerduty
  otelperf notify --test --webhook https://hooks.example.com/otelperf --secret-file /run/secrets/webhook`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.BoolVar(&flags.test, "test", false, "send a test message; there is nothing else to do yet")
	f.StringVar(&flags.alertmanager, "alertmanager", "", "`URL` of an Alertmanager")
	f.StringVar(&flags.webhook, "webhook", "", "`URL` of a webhook; with --secret-file")
	f.StringVar(&flags.secretFile, "secret-file", "", "`file` with the key that the webhook's messages are signed with")
	f.StringVar(&flags.slackFile, "slack-url-file", "", "`file` with the URL of an incoming webhook of Slack")
	f.StringVar(&flags.pagerDutyFile, "pagerduty-key-file", "", "`file` with the routing key of PagerDuty")
	f.StringVar(&flags.pagerDutyURL, "pagerduty-url", "", "`URL` of PagerDuty's events, if not that of the US region")
	f.StringVar(&flags.tokenFile, "token-file", "", "`file` with a bearer token for Alertmanager and the webhook")
	f.StringVar(&flags.rootCAs, "root-cas-file", "", "`file` with the certificates to trust, in PEM")
	f.StringVar(&flags.certFile, "cert-file", "", "`file` with our certificate, in PEM")
	f.StringVar(&flags.keyFile, "key-file", "", "`file` with its key, in PEM")
	f.StringVar(&flags.serverName, "server-name", "", "`name` in the server's certificate, if not the URL's host")
	f.StringVar(&flags.proxyURL, "proxy", "", "`URL` of a proxy; the default is what the environment says")
	f.StringVar(&flags.service, "service", "otelperf-test", "`name` of the service that the message speaks of")
	f.DurationVar(&flags.timeout, "timeout", 10*time.Second, "`duration` that one message may take, 100ms to 2m")
	return cmd
}

// options are those of the sinks that were given.
func (f *notifyFlags) options() (opts []notify.Option) {
	common := []notify.SinkOption{notify.WithTimeout(f.timeout)}
	if t := (notify.TLS{RootCAsFile: f.rootCAs, CertFile: f.certFile, KeyFile: f.keyFile, ServerName: f.serverName}); t != (notify.TLS{}) {
		common = append(common, notify.WithTLS(t))
	}
	if f.proxyURL != "" {
		common = append(common, notify.WithProxy(f.proxyURL))
	}
	withToken, toPagerDuty := common, common
	if f.tokenFile != "" {
		withToken = append(common[:len(common):len(common)], notify.WithBearerToken(notify.SecretFile(f.tokenFile)))
	}
	if f.pagerDutyURL != "" {
		toPagerDuty = append(common[:len(common):len(common)], notify.WithEndpoint(f.pagerDutyURL))
	}
	if f.alertmanager != "" {
		opts = append(opts, notify.Alertmanager(f.alertmanager, withToken...))
	}
	if f.webhook != "" {
		opts = append(opts, notify.Webhook(f.webhook, notify.SecretFile(f.secretFile), withToken...))
	}
	if f.slackFile != "" {
		opts = append(opts, notify.Slack(notify.SecretFile(f.slackFile), common...))
	}
	if f.pagerDutyFile != "" {
		opts = append(opts, notify.PagerDuty(notify.SecretFile(f.pagerDutyFile), toPagerDuty...))
	}
	return opts
}

func (f *notifyFlags) run(ctx context.Context, w io.Writer) (err error) {
	if !f.test {
		return usagef("nothing to do: give --test")
	}
	opts := f.options()
	if len(opts) == 0 {
		return usagef("no sink is given: --alertmanager, --webhook, --slack-url-file or --pagerduty-key-file")
	}
	n, err := notify.New(opts...)
	if errors.Is(err, otelperf.ErrConfig) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Shutdown(ctx)) }()
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	var b strings.Builder
	refused := 0
	for _, r := range n.Test(ctx, f.service, host) {
		said := "accepted"
		if r.Err != nil {
			refused++
			said = "not accepted: " + plain.Clip(r.Err.Error(), 200)
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", r.Sink, r.Kind, said)
	}
	if err := writeText(w, b.String()); err != nil {
		return err
	}
	if refused > 0 {
		return fmt.Errorf("%s not accepted", plural(refused, "message was", "messages were"))
	}
	return nil
}
