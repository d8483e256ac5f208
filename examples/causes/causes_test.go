// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

func TestMain(m *testing.M) {
	if asChild() {
		return
	}
	os.Exit(m.Run())
}

// TestCauses injects a handful of faults, at the same time, each into a shop of its own. How soon the cause is named, and whether the
// first one is right, depends on the machine: README.md has that. That the right one is named does not, if there is time enough.
func TestCauses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two minutes")
	}
	usual := filepath.Join(t.TempDir(), "usual.state")
	if err := learn(t.Context(), usual, 40*time.Second); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, name := range []string{"lock/goroutine", "backpressure/sleep", "sleep/all", "none/quiet"} {
		all.Go(func() { tryFault(t, name, usual) })
	}
	all.Wait()
}

// tryFault runs a scenario until the right cause is named, but not for ever.
func tryFault(t *testing.T, name, usual string) {
	s, err := scenarioNamed(name)
	if err != nil {
		t.Error(err)
		return
	}
	for seed := range uint64(3) {
		r, err := (&trial{scenario: s, seed: seed, dir: filepath.Dir(usual), usual: usual, patient: true}).run(t.Context())
		switch {
		case err != nil:
			t.Error(err)
			return
		case r.first:
			t.Logf("%s: after %.1f s %q, %d of %d requests", name, r.named.Seconds(), r.said, r.right, r.slow)
			return
		case len(s.truth) == 0:
			if !ofTheMachine(r.said) {
				t.Errorf("nothing was wrong, but %q was named", r.said)
			}
			return
		}
		t.Logf("%s: %q", name, r.said)
	}
	t.Errorf("%s: the right cause was never named", name)
}

// ofTheMachine reports whether a cause is one that a busy machine has whatever we do: it runs the shop, and its clients, inventory and
// database as well, which send and take data late then.
func ofTheMachine(said string) bool {
	for _, state := range []causes.State{
		causes.Runnable, causes.NotScheduled, causes.GC, causes.Running, causes.Syscall,
		causes.NetworkRead, causes.NetworkWrite, causes.HTTPReply, causes.DBReply,
	} {
		if strings.Contains(said, causes.Reason{State: state}.String()) {
			return true
		}
	}
	return strings.Contains(said, ofInventory) || strings.Contains(said, ofDatabase)
}

// TestTheJudge is strict: each part of what is said counts.
func TestTheJudge(t *testing.T) {
	s, err := scenarioNamed("lock/goroutine")
	if err != nil {
		t.Fatal(err)
	}
	r := &result{trial: &trial{scenario: s}}
	place := func(function, file string) causes.Place {
		for _, f := range extents[file] {
			if f.name == function {
				return causes.Place{Func: "main.(*shop)." + function, File: file, Line: f.from + 1}
			}
		}
		t.Fatalf("there is no function %s", function)
		return causes.Place{}
	}
	right := causes.Reason{
		State: causes.Lock, Line: place("lockCart", "shop.go"), Who: "goroutine main.(*shop).rebuildIndex",
		What: causes.Sleep, Where: place("rebuildIndex", "faults.go"),
	}
	if !s.truth[0].right(right, 1) || !r.saysTheTruth("GET /cart: +1 ms a slow request; "+right.String(), right.String()) {
		t.Errorf("the truth is not taken for it: %q", right)
	}
	for name, change := range map[string]func(r *causes.Reason){
		"state":  func(r *causes.Reason) { r.State = causes.RWLock },
		"line":   func(r *causes.Reason) { r.Line = place("queryCart", "shop.go") },
		"holder": func(r *causes.Reason) { r.Who = "GET /report" },
		"what":   func(r *causes.Reason) { r.What = causes.Running },
		"where":  func(r *causes.Reason) { r.Where = place("lockCart", "shop.go") },
	} {
		wrong := right
		change(&wrong)
		if s.truth[0].right(wrong, 1) || r.saysTheTruth("GET /cart: +1 ms a slow request; "+wrong.String(), wrong.String()) {
			t.Errorf("another %s is taken for the truth: %q", name, wrong)
		}
	}
	if r.saysTheTruth("GET /products: +1 ms a slow request; "+right.String(), right.String()) {
		t.Error("another endpoint is taken for the truth")
	}
}
