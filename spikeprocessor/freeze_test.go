// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// What sets the requests of a spike apart from those before it is known at its detection, though they were not slow by themselves, and
// for as long as it lasts.
func TestContrastOfASpike(t *testing.T) {
	var c contrast
	c.freeze(contrastStart, time.Millisecond) // of which nothing is known
	at := contrastStart
	send := func(n int, class int, tenant string, took time.Duration) {
		for range n {
			at = at.Add(time.Second)
			c.observe(class, 1, pairSeq("tenant", tenant, "method", "GET"), took, at)
		}
	}
	for range 20 {
		send(5, classOrdinary, "a", 10*time.Millisecond)
		send(5, classOrdinary, "b", 10*time.Millisecond)
	}
	send(3, classSlow, "b", time.Second) // before it, for another reason
	began := at
	for range 10 {
		send(1, classOrdinary, "acme", 35*time.Millisecond)
		send(1, classOrdinary, "a", 11*time.Millisecond)
	}
	c.freeze(began.Add(time.Second), 20*time.Millisecond)
	want := func(when string) {
		t.Helper()
		ds := c.differences(at)
		if len(ds) != 1 || ds[0].Value != "acme" || ds[0].SlowCount != ds[0].SlowTotal || ds[0].Count != 0 || ds[0].Total != 200 {
			t.Errorf("%s the differences are %+v, want that all of the spike, and none of 200 before, were of acme", when, ds)
		}
	}
	want("at the detection")
	for range 3000 {
		send(1, classSlow, "acme", 35*time.Millisecond)
		send(1, classNeither, "a", 11*time.Millisecond)
	}
	want("when the spike has lasted long")
	c.thaw()
	for range 1200 {
		send(1, classOrdinary, "acme", 10*time.Millisecond)
	}
	if ds := c.differences(at); len(ds) != 0 {
		t.Errorf("long after the spike there are the differences %+v", ds)
	}
}

// Whatever came before, a freeze leaves the counts that there would be if the requests had been known for what they were.
func TestFreezeCountsAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var got, want contrast
		began := contrastStart.Add(time.Duration(r.IntN(400)) * time.Second)
		at := contrastStart
		for range 1 + r.IntN(contrastSamples) {
			at = at.Add(time.Duration(r.IntN(3)) * time.Second)
			took := time.Duration(1+r.IntN(40)) * time.Millisecond
			values := pairSeq("tenant", fmt.Sprint(r.IntN(8)), "status", fmt.Sprint(200+r.IntN(2)))
			class := classIf(took > 35*time.Millisecond)
			got.observe(class, 1, values, took, at)
			inSpike := !at.Before(began)
			switch {
			case inSpike && took > 20*time.Millisecond:
				want.observe(classSlow, 1, values, took, at)
			case inSpike:
				want.observe(classNeither, 1, values, took, at)
			case class == classOrdinary:
				want.observe(class, 1, values, took, at)
			}
		}
		got.freeze(began, 20*time.Millisecond)
		got.data.advance(at)
		if want.data == nil {
			continue
		}
		if got.data.totals != want.data.totals {
			t.Fatalf("totals are %v, want %v", got.data.totals, want.data.totals)
		}
		for _, k := range want.data.values() {
			for i := range k.cells {
				if c := &k.cells[i]; c.value != "" && got.most(k.key, c.value) != c.most {
					t.Fatalf("%s %s has %v, want %v", k.key, c.value, got.most(k.key, c.value), c.most)
				}
			}
		}
	}
}

// most is what is counted of a value.
func (c *contrast) most(key, value string) classCounts {
	for _, k := range c.data.values() {
		if k.key == key {
			if i := k.find(value); i != noCell {
				return k.cells[i].most
			}
		}
	}
	return classCounts{}
}
