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
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
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
		var listed spikes
		if err := get(ctx, r.shop.Admin+"/debug/otelperf/spikes", &listed); err != nil {
			return nil, err
		}
		if res.found == 0 && len(listed.Spikes) > 0 {
			res.found = time.Since(begin)
		}
		var recordings []causes.Recording
		if err := get(ctx, r.shop.Admin+"/recordings", &recordings); err != nil {
			return nil, err
		}
		for i := len(recordings) - 1; i >= 0 && res.named == 0; i-- {
			if res.judge(&recordings[i]); res.said != "" {
				res.named = time.Since(begin)
				err = save(ctx, r.shop.Admin, s, &recordings[i])
			}
		}
		if res.found > 0 && res.named > 0 {
			break
		}
	}
	return res, nil
}

// spikes are those of the JSON endpoint.
type spikes struct{ Spikes []otelperf.Spike }

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

// judge compares what was found with the truth.
func (res *result) judge(rec *causes.Recording) {
	res.endpoints, res.slow, res.right, res.said = rec.Endpoints, 0, 0, ""
	if rec.Error != "" {
		res.said = rec.Error
	}
	var slow, explained float64
	for _, e := range rec.Endpoints {
		if len(res.truth) == 0 && len(e.Causes) > 0 {
			res.said = e.Name + ": " + e.Causes[0].Sentence()
		}
		for i := range res.truth {
			t := &res.truth[i]
			if t.endpoint != e.Name {
				continue
			}
			res.count(t, &e)
			slow += float64(e.SlowNanos) * float64(e.Slow)
			explained += float64(e.SlowNanos) * float64(e.Slow) * e.Explained
			if res.said == "" && len(e.Causes) > 0 {
				c := e.Causes[0]
				res.first = t.right(c.Reason, c.Times)
				res.said = fmt.Sprintf("%s: %s", e.Name, c.Sentence())
			}
		}
	}
	if len(res.truth) == 0 {
		res.first = res.said == ""
	}
	if slow > 0 {
		res.explained = explained / slow
	}
}

// count judges the slow requests of an endpoint, each by its largest part.
func (res *result) count(t *truth, e *causes.Endpoint) {
	for _, q := range e.Requests {
		res.slow++
		if len(q.Parts) > 0 && t.right(q.Parts[0].Reason, q.Parts[0].Times) {
			res.right++
		}
	}
}
