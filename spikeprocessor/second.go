// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

// A provider may have two processors of one core, one beside or inside of the other: whoever is the second to start a span of the table
// of running requests only hands spans on from then on, until a processor is shut down, which may be the first. It sees what the SDK
// gives it, less what our sampler alone has recorded; without the table (WithInFlight) it is not found out, and counts again.

// isSecond reports whether another processor counts the spans that p gets.
func (p *Processor) isSecond() bool {
	at := p.second.Load()
	return at != 0 && at == p.core.turn.Load()+1
}

// stepBack leaves the counting to the other one.
func (p *Processor) stepBack() {
	at := p.core.turn.Load() + 1
	p.second.Store(at)
	p.core.doubled.Store(at)
}

// hasSecond reports whether any processor has stepped back.
func (c *core) hasSecond() bool { return c.doubled.Load() == c.turn.Load()+1 }
