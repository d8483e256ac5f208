// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// The times of a run.
const (
	settles = grace + 3*time.Second  // before a fault is injected
	limit   = 20 * time.Second       // for its cause to be named
	looks   = 200 * time.Millisecond // between two looks
	lingers = 4 * time.Second        // after it was named, for a recording with slow requests to be judged
)

// rig is a shop with its backend and its load.
type rig struct{ backend, shop, load *child }

// newRig starts all three.
func newRig(stateFile string, live int, seed uint64) (r *rig, err error) {
	r = &rig{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.stop())
		}
	}()
	if r.backend, err = start(partBackend, struct{}{}); err != nil {
		return r, err
	}
	if r.shop, err = start(partShop, shopSetup{Backend: r.backend.addresses, StateFile: stateFile, Live: live}); err != nil {
		return r, err
	}
	r.load, err = start(partLoad, order{Shop: r.shop.Shop, Seed: seed})
	return r, err
}

func (r *rig) stop() (err error) {
	for _, c := range []*child{r.load, r.shop, r.backend} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}

// learn has a shop learn what is usual, and leaves it in a state file.
func learn(ctx context.Context, stateFile string, d time.Duration) error {
	r, err := newRig(stateFile, 0, 1)
	if err != nil {
		return err
	}
	return errors.Join(wait(ctx, d), r.stop())
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trial is one run: a fault is injected into a shop that knows what is usual.
type trial struct {
	*scenario
	seed    uint64
	dir     string // for its own state file
	usual   string // state file
	traces  string // directory, if any
	patient bool   // wait for the right cause, if the first was another
}

// run returns when a cause was named, or at the limit.
func (t *trial) run(ctx context.Context) (res *result, err error) {
	state := filepath.Join(t.dir, fmt.Sprintf("%s-%s-%d.state", t.fault, t.shape, t.seed))
	usual, err := os.ReadFile(t.usual)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(state, usual, 0o600); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(state) }()
	r, err := newRig(state, t.faults.live, t.seed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := wait(ctx, settles); err != nil {
		return nil, err
	}
	if err := r.shop.send(t.String()); err != nil {
		return nil, err
	}
	changed := t.load
	changed.Shop = r.shop.Shop
	begin := time.Now()
	if err := errors.Join(r.shop.receive(new(string)), r.load.send(changed)); err != nil {
		return nil, err
	}
	res = &result{trial: t}
	for time.Since(begin) < limit && !res.done(time.Since(begin)) {
		if err := errors.Join(wait(ctx, looks), res.look(ctx, r.shop.Admin, begin)); err != nil {
			return nil, err
		}
	}
	res.first = res.first || len(t.truth) == 0 && res.named == 0
	return res, nil
}

// result is what came of a run.
type result struct {
	*trial
	found     time.Duration // from the injection to the spike; 0: there was none
	named     time.Duration // from the injection to the first cause of a spike; 0: none was named
	first     bool          // it was right; where there is no fault, none was named
	said      string        // by the spike
	slow      int           // requests of the endpoints concerned, in the first recording with enough of them
	right     int           // of them
	explained float64       // share of their time
	endpoints []causes.Endpoint
}

// done reports whether there is nothing to wait for any more, so long after the injection.
func (res *result) done(after time.Duration) bool {
	return len(res.truth) > 0 && res.named > 0 && (len(res.endpoints) > 0 || after > res.named+lingers) && (res.first || !res.patient)
}

// spikes are those of the JSON endpoint, with what matters here.
type spikes struct {
	Spikes []struct {
		Cause  string
		Causes []causes.Ranked
	}
}

// look asks the shop's JSON endpoint, as a person would.
func (res *result) look(ctx context.Context, admin string, begin time.Time) error {
	var s spikes
	if err := get(ctx, admin+"/debug/otelperf/spikes", &s); err != nil {
		return err
	}
	for _, spike := range s.Spikes {
		if res.found == 0 {
			res.found = time.Since(begin)
		}
		if len(spike.Causes) == 0 || spike.Causes[0].Unknown || res.named > 0 && !res.patient {
			continue
		}
		if res.named == 0 || res.saysTheTruth(spike.Cause, spike.Causes[0].Sentence) {
			res.named, res.said = time.Since(begin), spike.Cause
			res.first = res.saysTheTruth(spike.Cause, spike.Causes[0].Sentence)
		}
	}
	if len(res.endpoints) > 0 {
		return nil
	}
	return res.lookAtRequests(ctx, admin, begin)
}

// saysTheTruth compares the cause of a spike, which begins with the endpoint that it is about.
func (res *result) saysTheTruth(cause, sentence string) bool {
	return slices.ContainsFunc(slices.Concat(res.truth, res.roots), func(t truth) bool {
		return (t.endpoint == "" || strings.HasPrefix(cause, t.endpoint+":")) && t.said(sentence)
	})
}

// lookAtRequests judges single requests by the first recording after the injection that has enough of them.
func (res *result) lookAtRequests(ctx context.Context, admin string, begin time.Time) error {
	var list struct{ Recordings []causes.Recording }
	if err := get(ctx, admin+"/debug/otelperf/evidence", &list); err != nil {
		return err
	}
	for _, r := range slices.Backward(list.Recordings) {
		if r.Start.Before(begin) {
			continue
		}
		path := fmt.Sprintf("%s/debug/otelperf/evidence/%d", admin, r.ID)
		var recording causes.Recording
		if err := get(ctx, path, &recording); err != nil {
			return err
		}
		if res.judge(&recording); len(res.endpoints) > 0 {
			return res.save(ctx, path+"/trace")
		}
	}
	return nil
}

// save keeps the trace of a recording, if traces are wanted.
func (res *result) save(ctx context.Context, url string) error {
	if res.traces == "" {
		return nil
	}
	trace, err := fetch(ctx, url)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(res.traces, fmt.Sprintf("%s-%s-%d.trace", res.fault, res.shape, res.seed)), trace, 0o600)
}

// get reads JSON.
func get(ctx context.Context, url string, v any) error {
	b, err := fetch(ctx, url)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// patience is for how long a shop may take to answer: it has next to no CPU with some faults.
const patience = time.Minute

func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return io.ReadAll(res.Body)
}

// isRight reports whether the largest part of a request is a truth about its endpoint.
func (res *result) isRight(endpoint string, p *causes.Part) bool {
	return slices.ContainsFunc(slices.Concat(res.truth, res.roots), func(t truth) bool { return t.endpoint == endpoint && t.right(p.Reason, p.Times) })
}

// judge compares what a recording found of single requests with the truth, each by its largest part.
func (res *result) judge(rec *causes.Recording) {
	slow, explained := 0.0, 0.0
	for i := range rec.Endpoints {
		e := &rec.Endpoints[i]
		for _, t := range res.truth {
			if t.endpoint != e.Name || e.Slow < causes.FewestSlow {
				continue
			}
			res.endpoints = rec.Endpoints
			slow += float64(e.SlowNanos) * float64(e.Slow)
			explained += float64(e.SlowNanos) * float64(e.Slow) * e.Explained
			for _, q := range e.Requests {
				res.slow++
				if len(q.Parts) > 0 && res.isRight(e.Name, &q.Parts[0]) {
					res.right++
				}
			}
		}
	}
	res.explained = explained / max(slow, 1)
}
