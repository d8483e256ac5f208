// SPDX-License-Identifier: Apache-2.0

package extension

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/pages"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/tozap"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/views"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// server is the extension. It starts before all connectors, and ends after them.
type server struct {
	config    *Config
	telemetry component.TelemetrySettings
	pages     *pages.Pages
	http      *http.Server // nil before Start
	serving   sync.WaitGroup
	address   string // that it listens on
}

var _ pages.Host = (*server)(nil)

func newServer(c *Config, set component.TelemetrySettings) *server {
	return &server{config: c, telemetry: set}
}

// Start listens. The error is that of the endpoint, or of an extension that auth or a middleware names.
func (s *server) Start(ctx context.Context, host component.Host) error {
	c := &s.config.ServerConfig
	rules := access.Config{
		BearerToken: string(s.config.Token), LocalChanges: s.config.LocalChanges, CookiePath: "/",
		Names: access.Names{Authorizer: "auth", BearerToken: "token", LocalChanges: "local_changes"},
	}
	if c.Auth.HasValue() && s.config.Token == "" { // it has let in who comes as far as that
		rules.Authorizer = func(*http.Request) bool { return true }
	}
	if s.config.refusesOthers() {
		s.telemetry.Logger.Warn("endpoint can be reached from other machines, and this one alone is let in: set token or auth", zap.String("endpoint", c.NetAddr.Endpoint))
	}
	listener, err := c.ToListener(ctx)
	if err != nil {
		return err
	}
	s.pages = pages.New(views.Settings{
		Most: s.config.MaxViews, MaxStreams: s.config.MaxStreams, Idle: s.config.IdleAfter, Guard: access.New(rules), Logger: tozap.Logger(s.telemetry.Logger),
	})
	if s.http, err = c.ToServer(ctx, host.GetExtensions(), s.telemetry, s.pages, confighttp.WithErrorHandler(refuse)); err != nil {
		return errors.Join(err, listener.Close(), s.pages.Close(ctx))
	}
	s.address = listener.Addr().String()
	s.serving.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewPermanentErrorEvent(err))
		}
	})
	s.telemetry.Logger.Info("the services that connectors otelperf judge are shown", zap.String("address", s.address))
	return nil
}

// refuse answers what auth does not let in, and bodies that cannot be read.
func refuse(w http.ResponseWriter, _ *http.Request, text string, status int) {
	problem.Write(w, problem.Problem{Status: status, Detail: text})
}

// Show implements pages.Host.
func (s *server) Show(connector component.ID, f *fleet.Fleet, past views.Past) (hide func()) {
	return s.pages.Show(connector, f, past)
}

// Shutdown ends streams, answers what has been asked for, and ends, within ctx. It may be called without Start, and again.
func (s *server) Shutdown(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	err := s.pages.Close(ctx) // which ends the streams
	if late := s.http.Shutdown(ctx); late != nil {
		err = errors.Join(err, late, s.http.Close())
	}
	s.serving.Wait()
	return err
}
