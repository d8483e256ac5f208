// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/when"
)

func newSummary() *cobra.Command {
	var flags serviceFlags
	var asJSON, all bool
	var at, length string
	cmd := &cobra.Command{
		Use:   "summary URL [URL...]",
		Short: "Show what a service does, or several instances together",
		Long: `Shows what a service does: requests, failures, latency, spikes and slow requests by endpoint.

Several URLs are taken for instances of one service, or of several. Counts are added and durations merged, so that
quantiles are those of all requests; an instance that differs from the others is named. An instance that does
not give its durations leaves the quantiles out, since an average of quantiles would be wrong.

With --fleet one URL answers for all instances of its service, which know each other (WithFleet): behind a load balancer, too.

With --at it is what the service did at another time: of the last hour, or where it has a history of the last year.

` + urlHelp,
		Example: `  otelperf summary localhost:8080
  otelperf summary shop-1:8080 shop-2:8080 --window 1h --json
  otelperf summary shop.example.com --fleet
  otelperf summary localhost:8080 --at "yesterday 14:00" --for 30m`,
		Args: someURLs,
		RunE: func(cmd *cobra.Command, urls []string) error {
			ask, err := askAt(cmd, at, length)
			if err != nil {
				return err
			}
			switch {
			case all && len(urls) > 1:
				return usagef("--fleet goes with one URL")
			case all && at != "":
				return usagef("--fleet and --at do not go together")
			}
			ask.Fleet = all
			answers, err := flags.poll(cmd.Context(), urls, ask)
			if err != nil {
				return err
			}
			if err := noAnswers(answers); err != nil {
				return err
			}
			if err := writeSummary(cmd.OutOrStdout(), answers, ask, asJSON); err != nil {
				return err
			}
			return someMissing(answers)
		},
	}
	flags.add(cmd, true)
	cmd.Flags().StringVar(&at, "at", "", "`time` that it is of, in place of a window: "+when.Accepted)
	cmd.Flags().StringVar(&length, "for", "5m", "`duration` from --at on, 1m to 366d")
	cmd.Flags().BoolVar(&all, "fleet", false, "of all instances of the service, as the one at the URL knows them")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON: of one URL the service's own answer, of several the merged one")
	return cmd
}

// askAt asks for the time of --at, if that is given.
func askAt(cmd *cobra.Command, at, length string) (ask fleet.Ask, err error) {
	given := cmd.Flags().Changed
	switch {
	case at == "" && !given("at"):
		if given("for") {
			return ask, usagef("--for goes with --at")
		}
		return ask, nil
	case given("window"):
		return ask, usagef("--at and --window do not go together")
	}
	d, ok := when.Duration(length)
	if !ok || d < time.Minute || d > 366*24*time.Hour {
		return ask, usagef("--for is %q, accepted: 1m to 366d", plain.Clip(length, 20))
	}
	now := time.Now()
	if ask.From, err = when.Parse(at, now); err != nil {
		return ask, usagef("--at %v", err)
	}
	if now.Sub(ask.From) < time.Second {
		return ask, usagef("--at is %q, which is now: nothing has happened since, give a time before it, or no --at for the last minutes", plain.Clip(at, 40))
	}
	noteTime(cmd, "--at", at, now)
	ask.To = ask.From.Add(d)
	return ask, nil
}

// noteTime says which of two times was taken.
func noteTime(cmd *cobra.Command, flag, text string, now time.Time) {
	if note := when.Note(text, now); note != "" {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s %s\n", flag, note)
	}
}

func writeSummary(w io.Writer, answers []fleet.Answer, ask fleet.Ask, asJSON bool) error {
	if !asJSON {
		return writeText(w, report.Summary(merged(answers, ask)))
	}
	if len(answers) == 1 {
		return writeJSON(w, answers[0].Raw)
	}
	return marshalTo(w, fleet.Merge(answers))
}

// merged is what the answers come to. Of a time of which nothing is stored it has what was asked for, as older versions do not say it.
func merged(answers []fleet.Answer, ask fleet.Ask) *fleet.View {
	v := fleet.Merge(answers)
	if v.NothingStored {
		v.From, v.To = ask.From, ask.To
	}
	return v
}

// marshalTo writes v as JSON.
func marshalTo(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // "5.2 -> 194 ms" is for people, too
	if err := e.Encode(v); err != nil {
		return err
	}
	return writeJSON(w, b.Bytes())
}

// writeJSON writes JSON indented and without anything that a terminal would act on.
func writeJSON(w io.Writer, text []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(plain.JSON(b.Bytes()))
	return err
}

// someMissing is an error when part of the fleet did not answer: what was written is not the whole.
func someMissing(answers []fleet.Answer) error {
	n := 0
	for i := range answers {
		if answers[i].Err != nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d URLs gave no answer", n, len(answers))
}
