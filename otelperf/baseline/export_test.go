// SPDX-License-Identifier: Apache-2.0

package baseline

// Test is a sequential test as it is in force: what a request adds in each of the bins between the cuts.
type Test struct {
	Name string
	Cuts []int32
	Nats []float64 // one more than cuts
}

// Joint and Levels return the tests that are on.
func (d *Detector) Joint() (tests []Test) {
	if !d.joint.on {
		return nil
	}
	t := Test{Name: "joint", Nats: []float64{d.joint.nats[0]}}
	for k, i := range [...]int{at50, at90, at99} {
		if !d.levels[i].on {
			break
		}
		t.Cuts = append(t.Cuts, d.levels[i].cut)
		t.Nats = append(t.Nats, d.joint.nats[k+1])
	}
	return []Test{t}
}

func (d *Detector) Levels() (tests []Test) {
	for i := range d.levels {
		l := &d.levels[i]
		for j := range d.tune.levels[i].odds {
			if l.on {
				tests = append(tests, Test{string(d.tune.levels[i].name), []int32{l.cut}, []float64{-l.loss[j], l.gain[j] - l.loss[j]}})
			}
		}
	}
	return tests
}
