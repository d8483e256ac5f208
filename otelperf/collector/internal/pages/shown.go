// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
)

// Host is what shows fleets: the extension.
type Host interface {
	component.Component
	// Show shows the services of a connector, with their histories, until hide is called.
	Show(connector component.ID, f *fleet.Fleet, past views.Past) (hide func())
}

// ErrNoHost is returned for a connector that names an extension that does not show it.
var ErrNoHost = errors.New("accepted is one of type otelperf that service::extensions has")

// HostOf finds the extension that shows a connector: the one that is named, or if none is, the one that there is; nil if there is none.
func HostOf(h component.Host, named *component.ID) (Host, error) {
	var found []component.ID
	extensions := h.GetExtensions()
	for id, e := range extensions {
		if _, ok := e.(Host); ok {
			found = append(found, id)
		}
	}
	slices.SortFunc(found, func(a, b component.ID) int { return cmp.Compare(a.String(), b.String()) })
	switch {
	case named != nil:
		if host, ok := extensions[*named].(Host); ok {
			return host, nil
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("extension is %s, %w: none", named, ErrNoHost)
		}
		return nil, fmt.Errorf("extension is %s, %w: %v", named, ErrNoHost, found)
	case len(found) == 0:
		return nil, nil //nolint:nilnil // none is needed
	case len(found) > 1:
		return nil, fmt.Errorf("extension is to be set, since there are several: %v", found)
	}
	return extensions[found[0]].(Host), nil
}

// shown is a fleet with its connector.
type shown struct {
	connector component.ID
	fleet     *fleet.Fleet
	past      views.Past
}

// Show implements [Host].
func (p *Pages) Show(connector component.ID, f *fleet.Fleet, past views.Past) (hide func()) {
	one := &shown{connector, f, past}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, one)
	slices.SortFunc(p.all, func(a, b *shown) int { return cmp.Compare(a.connector.String(), b.connector.String()) })
	return func() {
		p.mu.Lock()
		p.all = slices.DeleteFunc(p.all, func(s *shown) bool { return s == one })
		p.mu.Unlock()
		p.shared.Forget()
		p.views.Hide(func(s *fleet.Service) bool { return slices.Contains(f.Services(), s) }, time.Now())
	}
}

func (p *Pages) fleets() []*shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}
