// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

// maxObjects bounds the objects in an answer: each may become some hundred bytes of memory from two of JSON.
const maxObjects = 200_000

// decode reads body into v and says in a few words why it cannot.
func decode(body []byte, v any) error {
	if bytes.Count(body, []byte{'{'}) > maxObjects {
		return fmt.Errorf("%w: more than %d objects", ErrNotOurs, maxObjects)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %s", ErrNotOurs, unreadable(err))
	}
	return nil
}

// unreadable says in plain words why JSON cannot be read.
func unreadable(err error) string {
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if bad.Field == "" {
			return "JSON that is no object (" + bad.Value + ")"
		}
		return fmt.Sprintf("JSON in which %s is of another kind (%s): is the service of another version of otelperf than this command?", plain.Clip(bad.Field, 60), bad.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected end") {
		return "JSON that ends in the middle"
	}
	return "what calls itself JSON and is none"
}

// origin refuses JSON that only looks like ours.
func origin(service, instance string) error {
	if service == "" || instance == "" {
		return fmt.Errorf("%w: JSON without service and instance", ErrNotOurs)
	}
	return nil
}

func decodeSummary(body []byte, s *otelperf.Summary) error {
	if err := decode(body, s); err != nil {
		return err
	}
	if !known(s.Window) && (s.Window != "" || s.To.IsZero()) {
		return fmt.Errorf("%w: JSON without a window", ErrNotOurs)
	}
	return origin(s.Service, s.Instance)
}

func known(w otelperf.Window) bool {
	_, err := otelperf.ParseWindow(string(w))
	return err == nil && w != ""
}

func decodeEndpoints(body []byte, l *EndpointList) error { return decodeOurs(body, l, &l.Origin) }

func decodeDependencies(body []byte, l *DependencyList) error { return decodeOurs(body, l, &l.Origin) }

func decodeSlow(body []byte, l *SlowList) error { return decodeOurs(body, l, &l.Origin) }

func decodeSpikes(body []byte, l *SpikeList) error { return decodeOurs(body, l, &l.Origin) }

// decodeTrace drops requests that are null.
func decodeTrace(body []byte, t *SlowTrace) error {
	if err := decode(body, t); err != nil {
		return err
	}
	t.Requests = slices.DeleteFunc(t.Requests, func(e *entry) bool { return e == nil })
	return origin(t.Service, t.Instance)
}
