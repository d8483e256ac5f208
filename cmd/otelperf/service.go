// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// tokenVariable is where the token comes from when there is no --token; a command line can be seen by others.
const tokenVariable = "OTELPERF_TOKEN"

const urlHelp = `A URL is that of the service or of the endpoint: http://HOST:PORT, https://HOST/debug/otelperf/ and HOST:PORT all do.`

var defaultTimeout = client.DefaultTimeout // longer in tests, whose machine may have much to do

// serviceFlags are the flags of commands that ask a service.
type serviceFlags struct {
	token   string
	timeout time.Duration
	window  string
}

func (f *serviceFlags) add(cmd *cobra.Command, window bool) {
	flags := cmd.Flags()
	flags.StringVar(&f.token, "token", "", "bearer `token`, if the service wants one (default $"+tokenVariable+")")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "`time` for one answer, 1ms to 10m")
	if window {
		flags.StringVar(&f.window, "window", string(otelperf.Window5m), "`span` of time: 1m, 5m, 1h, all (since the start), or where the service has a history 24h or 7d")
	}
}

// clients returns one client for each URL. The caller closes them.
func (f *serviceFlags) clients(urls []string) ([]*client.Client, error) {
	if f.timeout < time.Millisecond || f.timeout > 10*time.Minute {
		return nil, usagef("--timeout is %v, accepted: 1ms to 10m", f.timeout)
	}
	token := cmp.Or(f.token, os.Getenv(tokenVariable))
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, usagef("the token has characters that no header can carry")
	}
	out := make([]*client.Client, 0, len(urls))
	for _, url := range urls {
		c, err := client.New(url, client.Options{Token: token, Timeout: f.timeout})
		if err != nil {
			return nil, usageError{err}
		}
		out = append(out, c)
	}
	return out, nil
}

func (f *serviceFlags) parseWindow() (otelperf.Window, error) {
	w, err := otelperf.ParseWindow(f.window)
	if err != nil {
		return "", usagef("--window is %q, accepted: 1m, 5m, 1h, 24h, 7d, all", plain.Clip(f.window, 20))
	}
	return w, nil
}

// poll asks all URLs once.
func (f *serviceFlags) poll(ctx context.Context, urls []string, ask fleet.Ask) ([]fleet.Answer, error) {
	window, err := f.parseWindow()
	if err != nil {
		return nil, err
	}
	clients, err := f.clients(urls)
	if err != nil {
		return nil, err
	}
	defer closeAll(clients)
	ask.Window, ask.Merge = window, len(urls) > 1
	answers := fleet.Poll(ctx, clients, ask)
	return answers, ctx.Err()
}

func closeAll(clients []*client.Client) {
	for _, c := range clients {
		c.Close()
	}
}

// refused is the error of what a service refused, with the flags or arguments by which it was given: names has them by the service's words.
func refused(err error, names map[string]string) error {
	for field := range strings.SplitSeq(client.Field(err), ", ") {
		if name := names[field]; name != "" {
			return usageError{fmt.Errorf("%s: %w", name, err)}
		}
	}
	return usageError{err}
}

// noAnswers is the error of a fleet of which nobody answered.
func noAnswers(answers []fleet.Answer) error {
	var errs []error
	for i := range answers {
		if answers[i].Err == nil {
			return nil
		}
		errs = append(errs, answers[i].Err)
	}
	return usageError{errors.Join(errs...)}
}

// oneURL and someURLs refuse a wrong number of URLs.
func oneURL(most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usagef("the URL of a service is missing, such as http://localhost:8080")
		case len(args) > most:
			return usagef("unexpected argument %q after %s", plain.Clip(args[most], 40), what)
		}
		return nil
	}
}

func someURLs(cmd *cobra.Command, args []string) error {
	if len(args) > fleet.MaxURLs {
		return usagef("%d URLs, accepted: 1 to %d", len(args), fleet.MaxURLs)
	}
	return oneURL(fleet.MaxURLs, "")(cmd, args)
}

func writeText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}
