// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// identity is who this process is.
type identity struct{ service, instance, version string }

// named is the resource of the service as the program, or who feeds the Monitor, has said it: that of the first span, or of the metric
// pipeline; nil before there is one.
func (m *Monitor) named() *resource.Resource {
	switch {
	case m.cfg.feed != nil:
		return m.cfg.feed.Resource()
	case m.metrics != nil && m.link.Resource() == nil:
		return m.metrics.Resource()
	}
	return m.link.Resource()
}

// resource is that of the service; before it is known, that of Setup, or what the environment says.
func (m *Monitor) resource() *resource.Resource {
	if res := m.named(); res != nil {
		return res
	}
	if m.cfg.resource != nil {
		return m.cfg.resource
	}
	return resource.Environment()
}

func (m *Monitor) identity() identity {
	set := m.resource().Set()
	get := func(k attribute.Key, otherwise string) string {
		if v, ok := set.Value(k); ok && v.String() != "" {
			return v.String()
		}
		return otherwise
	}
	return identity{
		service:  get(semconv.ServiceNameKey, "unknown_service:"+filepath.Base(os.Args[0])),
		instance: get(semconv.ServiceInstanceIDKey, hostAndPID()),
		version:  get(semconv.ServiceVersionKey, ""),
	}
}

func hostAndPID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// origin says whose numbers an answer has, and of when. Several instances behind one address can be told apart by it.
type origin struct {
	Service  string    `json:"service"`
	Instance string    `json:"instance"`
	Time     time.Time `json:"time"`
}

func (m *Monitor) origin() origin {
	id := m.identity()
	return origin{Service: id.service, Instance: id.instance, Time: time.Now().UTC()}
}
