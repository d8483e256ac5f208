// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

const ms = time.Millisecond

// truth is what the first cause of an endpoint must say.
type truth struct {
	endpoint string // "": any
	state    causes.State
	line     string // function of the endpoint's own code; "" where there is none to be named
	who      string // "goroutine f" without f's package
	what     causes.State
	where    string   // function in which that one did it
	times    float64  // a request, at least
	words    []string // that the JSON endpoint may have for it instead; functions stand for lines
}

func is(all ...truth) []truth { return all }

// held is where somebody else is behind it.
func held(endpoint string, state causes.State, line, who string, what causes.State, where string) truth {
	return truth{endpoint: endpoint, state: state, line: line, who: who, what: what, where: where}
}

// itself is where a request's own goroutine is in a state at a line, and nobody held it.
func itself(endpoint string, state causes.State, line string) truth {
	return held(endpoint, state, line, causes.Itself, state, line)
}

// ofInventory and ofDatabase are how the calls are named that have spans.
const (
	ofInventory = "http GET 127.0.0.1"
	ofDatabase  = "db "
)

// called is where the inventory is slow.
func called(endpoint string) truth {
	return held(endpoint, causes.HTTPReply, "callInventory", causes.Itself, causes.NetworkRead, "callInventory").or(ofInventory)
}

// queried is where a query is slow.
func queried(endpoint, line string) truth {
	return itself(endpoint, causes.DBReply, line).or(ofDatabase)
}

// pool is where a connection of the database's pool is waited for. A spike has the pool's numbers, too.
func pool(endpoint, line, who string, what causes.State, where string) truth {
	return held(endpoint, causes.DBConnection, line, who, what, where).or(" waiting at " + line + ", held by " + who)
}

// cpu is where what is said has no line.
func cpu(endpoint string, state causes.State, who string) truth {
	return held(endpoint, state, "", who, state, "")
}

func (t truth) or(words ...string) truth {
	t.words = words
	return t
}

func (t truth) often(times float64) truth {
	t.times = times
	return t
}
