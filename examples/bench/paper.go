// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"math/bits"
)

// design is what the model of contention knows of a processor: all cores on one endpoint. Times are nanoseconds.
type design struct {
	name   string
	alone  float64 // one OnStart + OnEnd on one core
	serial float64 // of it, while others have to wait: a mutex of the endpoint or of all
	lines  float64 // cache lines that an operation writes and that another core wrote last, if any did
	// A design with shards has no serial part. One core at a time holds a shard.
	held    float64             // of alone, with a shard taken
	shards  func(cores int) int // nil: none
	drained float64             // what somebody does later for each operation, one core at a time
}

// machine is what the model knows of a computer.
type machine struct {
	transfer  float64 // ns to get a cache line that another core of the socket has written
	perSocket int     // cores
	far       float64 // times as long from another socket
}

// line is the mean time to get a line that one of so many cores has written, each as likely as the next; nothing where that is this one.
func (m machine) line(cores int) float64 {
	n, near := float64(cores), float64(min(cores, m.perSocket))
	return m.transfer * ((near - 1) + m.far*(n-near)) / n
}

// traffic is what the cores do.
type traffic struct {
	between float64 // ns of other work for each operation
	// settled: as many goroutines as cores, each of which keeps its stack and so its shard. Otherwise there are many, that come to any
	// shard from any core.
	settled bool
}

// company is the chance that a shard is used by another core as well, where each uses one.
func (d design) company(cores int) float64 {
	return 1 - math.Pow(1-1/float64(d.shards(cores)), float64(cores-1))
}

// collision is the chance that a core finds its shard taken by one of the others, each of which holds one of all for a part of
// the time that an operation takes, each.
func (d design) collision(cores int, each float64) float64 {
	return 1 - math.Pow(1-d.held/each/float64(d.shards(cores)), float64(cores-1))
}

// perSecond is how many operations so many cores do in a second. It is the lesser of two bounds that hold for any system:
// what all cores do who never wait, and what the one resource allows that is in use all the time.
func (d design) perSecond(m machine, cores int, t traffic) float64 {
	moved := d.lines * m.line(cores)
	if d.shards == nil {
		return min(float64(cores)*1e9/(d.alone+moved+t.between), 1e9/(d.serial+moved))
	}
	if t.settled && cores > 1 {
		moved *= d.company(cores)
	}
	each := d.alone + moved + t.between
	each += d.collision(cores, each) * (m.line(cores) + d.held) // the next one has the same lines to get
	return min(float64(cores)*1e9/each, 1e9/d.drained)
}

// speedup is how many times as much the cores do as one.
func (d design) speedup(m machine, cores int, t traffic) float64 {
	return d.perSecond(m, cores, t) / d.perSecond(m, 1, t)
}

// recorderShards are those of latency.Recorder: a power of two, at least four for each core, at most 64.
func recorderShards(cores int) int { return min(1<<bits.Len(uint(4*cores-1)), 64) }

// The two kinds of traffic that are shown: nothing but spans that end, and small otelhttp requests of many connections.
var (
	endsOnly = traffic{settled: true}
	requests = traffic{between: 10_000}
)

func paperTable(w io.Writer, quick bool) {
	m, designs := modelInputs(quick)
	g := &grid{
		title: "On paper: cores on one endpoint, speedup over one core",
		head:  []string{"cores", "shards", "shard shared", "shard taken"},
	}
	for _, d := range designs {
		g.head = append(g.head, d.name+", nothing else", fmt.Sprintf("%s, %.0f µs of other work", d.name, requests.between/1000))
	}
	for _, cores := range []int{1, 2, 4, 8, 16, 32, 64} {
		ours := designs[0]
		row := []string{fmt.Sprint(cores), fmt.Sprint(ours.shards(cores)), fmt.Sprintf("%.0f %%", 100*ours.company(cores)), fmt.Sprintf("%.1f %%", 100*ours.collision(cores, ours.alone))}
		for _, d := range designs {
			row = append(row, fmt.Sprintf("%.1f", d.speedup(m, cores, endsOnly)), fmt.Sprintf("%.1f", d.speedup(m, cores, requests)))
		}
		g.row(row...)
	}
	g.note = paperNote(m, designs)
	g.print(w)
}

func paperNote(m machine, designs []design) string {
	ours, zpages, classic := designs[0], designs[1], designs[2]
	return fmt.Sprintf(`The model is that of asymptotic bounds (Denning and Buzen, "The operational analysis of queueing network models", 1978): throughput is at
most cores / (time of one operation), and at most 1 / (time for which an operation has the busiest resource to itself). It takes the following for granted.

- A line that another core wrote last has to be fetched: %.0f ns, measured here between two threads (Intel's Memory Latency Checker has 40 to 42 ns within a socket of a Xeon
  E5-2660 v4: Intel's forum for parallel architectures, thread 700477). Any core is as likely to have written it last as any other. Sockets have %d cores, and from another one it takes
  %.0f times as long (an assumption).
- otelperf (WithInFlight(false)): %.0f ns alone; the word of a shard and a line of its log move, the table of endpoints is only read. A shard is held for at most %.0f ns.
  "Nothing else" is a goroutine on each core that keeps its shard: lines move where two share one. With other work, goroutines of many connections come to any shard from any core:
  lines always move. Who finds a shard taken goes to the next. Applying the logs takes %.1f ns for each request, one core at a time: that is the bound where
  cores do nothing but end spans.
- contrib zpages: %.0f ns alone, of which %.0f under the mutex of the endpoint; the mutex, the bucket and two nodes of the map of active spans move.
- the classic: %.0f ns alone, of which %.0f under its only mutex; the mutex, the ring, the endpoint and its ring move.
- Waiting for a mutex costs nothing but the wait: no spinning, no system call, no goroutine put aside. This flatters the two that have one.

Compare the line of two cores with the section about speedup, which is measured.`,
		m.transfer, m.perSocket, m.far, ours.alone, ours.held, ours.drained, zpages.alone, zpages.serial, classic.alone, classic.serial)
}
