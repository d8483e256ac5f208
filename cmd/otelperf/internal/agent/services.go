// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
)

// urlArgument chooses a service. Its values are known before anything is asked.
func (s *server) urlArgument() argument {
	a := argument{name: "url", description: "The service to ask; without it all of them are asked."}
	for _, c := range s.clients {
		if !slices.Contains(a.accepted, c.URL()) {
			a.accepted = append(a.accepted, c.URL())
		}
	}
	return a
}

// chosen are the clients that a call is about.
func (s *server) chosen(v values) []*client.Client {
	url := v.text("url")
	if url == "" {
		return s.clients
	}
	i := slices.IndexFunc(s.clients, func(c *client.Client) bool { return c.URL() == url })
	return s.clients[i : i+1]
}

// poll asks for summaries, merged if they are several. It fails where nobody answers.
func (s *server) poll(ctx context.Context, v values, p client.Period) (*fleet.View, *ending, error) {
	clients := s.chosen(v)
	answers := fleet.Poll(ctx, clients, fleet.Ask{Period: p, Merge: len(clients) > 1})
	e := &ending{}
	var errs []error
	for i := range answers {
		if err := answers[i].Err; err != nil {
			errs = append(errs, err)
			e.Unanswered = append(e.Unanswered, unanswered{answers[i].URL, said(err), err})
		}
	}
	if len(errs) == len(answers) {
		return nil, nil, errors.Join(errs...)
	}
	return fleet.Merge(answers), e, nil
}

// from is what a service answered.
type from[T any] struct {
	client *client.Client
	value  T
}

// each asks all chosen services at once. It fails where nobody has an answer.
func each[T any](ctx context.Context, s *server, v values, ask func(context.Context, *client.Client) (T, error)) ([]from[T], *ending, error) {
	clients := s.chosen(v)
	answers, errs := make([]from[T], len(clients)), make([]error, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			answers[i].client = c
			answers[i].value, errs[i] = ask(ctx, c)
		})
	}
	wg.Wait()
	e := &ending{}
	var found []from[T]
	for i, err := range errs {
		if err == nil {
			found = append(found, answers[i])
			continue
		}
		e.Unanswered = append(e.Unanswered, unanswered{clients[i].URL(), said(err), err})
	}
	if len(found) == 0 {
		return nil, nil, errors.Join(errs...)
	}
	return found, e, nil
}
