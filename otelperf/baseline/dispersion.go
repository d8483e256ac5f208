// SPDX-License-Identifier: Apache-2.0

package baseline

// dispersion follows how much more the requests above a threshold differ in number from minute to minute, and from eight
// minutes to the next eight, than independent ones would: slow requests of one user come together. What they say is
// divided by it. By successive differences, what changes over hours does not count.
type dispersion struct {
	minute, long scatter
	part         counted // of the running long span
	minutes      uint8   // that these have had
}

// counted are requests, all and those above the threshold.
type counted struct{ n, above float32 }

// scatter sums squared differences, and what they would be of independent requests.
type scatter struct {
	squares, usual float32
	last           counted
}

const (
	longSpan         = 8     // minutes
	dispersionPrior  = 12.0  // differences of independent requests that are taken for granted
	dispersionNoise  = 1.35  // up to which it may be an error of the estimate
	mostSquare       = 25.0  // times the usual that one difference counts at most, so that one incident cannot blind
	mostDifferences  = 200.0 // that are remembered
	mostClustered    = 0.25  // of the requests, as many as clusteredOf, that are slow together by chance; more are an incident
	clusteredOf      = 30
	dispersionWithin = 900.0 // seconds of an incident that are learned
)

// factor returns by what evidence is divided: 1 for independent requests, b if the slow ones come b at a time; most at most.
func (d *dispersion) factor(most float64) float64 {
	return max(1, min(max(d.minute.ratio(), d.long.ratio())/dispersionNoise, most))
}

func (s *scatter) ratio() float64 {
	return (float64(s.squares) + dispersionPrior) / (float64(s.usual) + dispersionPrior)
}

// learn takes a minute.
func (d *dispersion) learn(n, above float64) {
	x := counted{float32(n), float32(above)}
	d.minute.add(x)
	d.part.n += x.n
	d.part.above += x.above
	if d.minutes++; d.minutes >= longSpan {
		d.long.add(d.part)
		d.part, d.minutes = counted{}, 0
	}
}

// skip leaves out a minute: the next one is not compared with those before.
func (d *dispersion) skip() {
	d.minute.last, d.long.last, d.part, d.minutes = counted{}, counted{}, counted{}, 0
}

// add compares with the last one: of all requests above in both, each is in this one with the chance of its share of all.
func (s *scatter) add(x counted) {
	n, above := float64(x.n+s.last.n), float64(x.above+s.last.above)
	isFirst := s.last.n == 0
	s.last = x
	if isFirst || above == 0 || n >= clusteredOf && above > mostClustered*n {
		return
	}
	share := float64(x.n) / n
	usual := above * share * (1 - share) * (1 - above/n)
	if usual <= 0 {
		return
	}
	off := float64(x.above) - above*share
	worth := 1 / max(1, usual)
	s.squares += float32(min(off*off, mostSquare*usual) * worth)
	s.usual += float32(usual * worth)
	if s.usual > mostDifferences {
		s.squares *= mostDifferences / s.usual
		s.usual = mostDifferences
	}
}
