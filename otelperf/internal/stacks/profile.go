// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime/pprof"

	pprofile "github.com/google/pprof/profile"

	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

// maxProfile bounds an unpacked profile, in bytes.
const maxProfile = 16 << 20

var errTooLarge = fmt.Errorf("it has more than %d MiB", maxProfile>>20)

// goroutines are those with one label.
type goroutines struct {
	own      []site.Frame // of the one that serves the request, the innermost first; nil if it is not there
	children []child
}

// child is so many goroutines that the request started, at one place.
type child struct {
	frames []site.Frame
	count  int
}

// profile takes a goroutine profile, and returns the goroutines of requests by the value of their label.
func profile(key, frame string) (map[string]*goroutines, error) {
	var buf bytes.Buffer
	p := pprof.Lookup("goroutine")
	if p == nil {
		return nil, errors.New("there is none")
	}
	if err := p.WriteTo(&buf, 0); err != nil {
		return nil, err
	}
	return parse(&buf, key, frame)
}

func parse(packed io.Reader, key, frame string) (map[string]*goroutines, error) {
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxProfile {
		return nil, errTooLarge
	}
	p, err := pprofile.ParseUncompressed(data)
	if err != nil {
		return nil, err
	}
	found := map[string]*goroutines{}
	for _, sample := range p.Sample {
		value := sample.Label[key]
		if len(value) != 1 || len(sample.Value) == 0 {
			continue
		}
		g := found[value[0]]
		if g == nil {
			g = &goroutines{}
			found[value[0]] = g
		}
		if frames, serves := framesOf(sample, frame); serves {
			g.own = frames
		} else {
			g.children = append(g.children, child{frames, int(sample.Value[0])})
		}
	}
	return found, nil
}

// framesOf are the frames of a sample, the innermost first, as far as the function that serves requests.
func framesOf(sample *pprofile.Sample, frame string) (frames []site.Frame, serves bool) {
	for _, location := range sample.Location {
		for _, line := range location.Line {
			if line.Function == nil {
				continue
			}
			if line.Function.Name == frame {
				return frames, true
			}
			frames = append(frames, site.Frame{Func: line.Function.Name, File: line.Function.Filename, Line: int(min(line.Line, 1<<30))})
		}
	}
	return frames, false
}
