// SPDX-License-Identifier: Apache-2.0

package views

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/feed"
	"github.com/otelperf/otelperf-go/slowlog"
)

// allInstances is the instance that a service is said to be.
const allInstances = "all instances"

// Source is a service as what shows it, or writes its history, sees it. It is not to be asked who may look.
func Source(s *fleet.Service) feed.Source { return newSource(s, nil) }

// source is a service as a Monitor shows it.
type source struct {
	*fleet.Service
	guard    *access.Guard
	resource *resource.Resource
}

var _ feed.Source = (*source)(nil)

func newSource(s *fleet.Service, g *access.Guard) *source {
	attrs := []attribute.KeyValue{attribute.String("service.name", s.Name().Name), attribute.String("service.instance.id", allInstances)}
	if ns := s.Name().Namespace; ns != "" {
		attrs = append(attrs, attribute.String("service.namespace", ns))
	}
	return &source{Service: s, guard: g, resource: resource.NewSchemaless(attrs...)}
}

func (s *source) Requests() *slowlog.Store     { return s.Service.Slow() }
func (s *source) Slow() uint64                 { return s.SlowSince() }
func (s *source) Delay() time.Duration         { return s.Settings().Lateness }
func (s *source) MaxEndpoints() int            { return s.Settings().MaxEndpoints }
func (s *source) Resource() *resource.Resource { return s.resource }
func (s *source) Guard() *access.Guard         { return s.guard }

// Hints are that a share is seen, and which instances are out of line.
func (s *source) Hints() (all []feed.Hint) {
	if text := s.Sampling(); text != "" {
		all = append(all, feed.Hint{Name: "sampled", Text: text})
	}
	for _, v := range s.Members() {
		all = append(all, feed.Hint{Name: "instance", Text: v.Text()})
	}
	return all
}

// Glance is what there is to say first of a service, without a Monitor of it.
func Glance(s *fleet.Service) otelperf.Glance { return otelperf.GlanceAt(&source{Service: s}) }
