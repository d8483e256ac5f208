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
	settles = grace + 5*time.Second  // before a fault is injected
	limit   = 20 * time.Second       // for its cause to be named
	looks   = 200 * time.Millisecond // between two looks
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

// result is what came of a run.
type result struct {
	*scenario
	seed      uint64
	found     time.Duration // from the injection to the spike
	named     time.Duration // from the injection to the first cause; 0: none was named
	first     bool          // it was right
	said      string
	slow      int // requests of the endpoints concerned
	right     int // of them
	explained float64
	recorded  []bool // by endpoint: the first cause of a recording was right
	endpoints []causes.Endpoint
}

// run injects a fault into a shop that knows what is usual.
func run(ctx context.Context, s *scenario, seed uint64, learned string) (res *result, err error) {
	state := filepath.Join(filepath.Dir(learned), fmt.Sprintf("%s-%s-%d.state", s.fault, s.shape, seed))
	usual, err := os.ReadFile(learned)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(state, usual, 0o600); err != nil {
		return nil, err
	}
	defer os.Remove(state)
	r, err := newRig(state, s.faults.live, seed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := wait(ctx, settles); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := r.shop.send(s.String()); err != nil {
		return nil, err
	}
	changed := s.load
	changed.Shop = r.shop.Shop
	if err := errors.Join(r.shop.receive(new(string)), r.load.send(changed)); err != nil {
		return nil, err
	}
	res = &result{scenario: s, seed: seed}
	for time.Since(begin) < limit {
		if err := wait(ctx, looks); err != nil {
			return nil, err
		}
		if err := res.look(ctx, r.shop.Admin, time.Since(begin)); err != nil {
			return nil, err
		}
		if len(s.truth) > 0 && res.named > 0 && len(res.endpoints) > 0 {
			break
		}
	}
	if res.named == 0 && len(res.truth) > 0 {
		var b json.RawMessage
		if err := get(ctx, r.shop.Admin+"/debug/otelperf/evidence", &b); err != nil {
			return nil, err
		}
		var all []causes.Recording
		_ = get(ctx, r.shop.Admin+"/recordings", &all)
		res.said = string(b[:min(len(b), 1200)])
		for _, rec := range all {
			res.said += fmt.Sprintf("\n   recording %v %v %q %d slow %v", rec.Start.Sub(begin), rec.End.Sub(begin), rec.Reason, rec.Slow, rec.Cut)
		}
	}
	res.first = res.first || len(res.truth) == 0 && res.named == 0
	return res, nil
}

// spikes are those of the JSON endpoint, with what matters here.
type spikes struct {
	Spikes []struct {
		Reason, Cause string
		Causes        []struct {
			Sentence string
			Unknown  bool
		}
	}
}

// look asks the shop's JSON endpoint, as a person would.
func (res *result) look(ctx context.Context, admin string, after time.Duration) error {
	var s spikes
	if err := get(ctx, admin+"/debug/otelperf/spikes", &s); err != nil {
		return err
	}
	for _, spike := range s.Spikes {
		if res.found == 0 {
			res.found = after
		}
		if res.named == 0 && len(spike.Causes) > 0 && !spike.Causes[0].Unknown {
			res.named, res.said = after, spike.Cause
			res.first = res.saysTheTruth(spike.Cause, spike.Causes[0].Sentence)
		}
	}
	return res.lookAtRequests(ctx, admin)
}

// saysTheTruth compares the cause of a spike, which begins with the endpoint that it is about.
func (res *result) saysTheTruth(cause, sentence string) bool {
	return slices.ContainsFunc(slices.Concat(res.truth, res.roots), func(t truth) bool {
		return (t.endpoint == "" || strings.HasPrefix(cause, t.endpoint+":")) && t.said(sentence)
	})
}

// lookAtRequests judges single requests by the first recording that has enough of them.
func (res *result) lookAtRequests(ctx context.Context, admin string) error {
	if len(res.endpoints) > 0 {
		return nil
	}
	var recordings []causes.Recording
	if err := get(ctx, admin+"/recordings", &recordings); err != nil {
		return err
	}
	for i := range slices.Backward(recordings) {
		if res.judge(&recordings[i]); len(res.endpoints) > 0 {
			return save(ctx, admin, res.scenario, &recordings[i])
		}
	}
	return nil
}

// save keeps the trace of a recording for go tool trace.
func save(ctx context.Context, admin string, s *scenario, rec *causes.Recording) error {
	dir := os.Getenv("CAUSES_TRACES")
	if dir == "" {
		return nil
	}
	res, err := http.Get(fmt.Sprintf("%s/traces/%d", admin, rec.ID))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, s.fault+"-"+s.shape+".trace"), b, 0o600)
}

// get reads JSON.
func get(ctx context.Context, url string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(v)
}

// judge compares what was found in a recording with the truth.
func (res *result) judge(rec *causes.Recording) {
	var slow, explained float64
	for i := range rec.Endpoints {
		e := &rec.Endpoints[i]
		for j := range res.truth {
			t := &res.truth[j]
			if t.endpoint != e.Name || e.Slow < fewestSlow {
				continue
			}
			res.endpoints = rec.Endpoints
			res.count(t, e)
			slow += float64(e.SlowNanos) * float64(e.Slow)
			explained += float64(e.SlowNanos) * float64(e.Slow) * e.Explained
		}
	}
	res.explained = explained / max(slow, 1)
}

// fewestSlow are the slow requests of an endpoint from which on a cause is named.
const fewestSlow = 5

// count judges the slow requests of an endpoint, each by its largest part.
func (res *result) count(t *truth, e *causes.Endpoint) {
	if len(e.Causes) > 0 {
		res.recorded = append(res.recorded, t.right(e.Causes[0].Reason, e.Causes[0].Times))
	}
	for _, q := range e.Requests {
		res.slow++
		if len(q.Parts) > 0 && t.right(q.Parts[0].Reason, q.Parts[0].Times) {
			res.right++
		}
	}
}
