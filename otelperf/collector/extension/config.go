// SPDX-License-Identifier: Apache-2.0

package extension

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/ranges"
)

// Config is the configuration of the extension.
type Config struct {
	// ServerConfig is where and how it listens, as of any HTTP server of a Collector: endpoint (default localhost:55690), tls, auth, cors and
	// others. With auth, who that authenticates may look and change.
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`

	// Token lets in who knows it, to look and to change: 16 to 4096 bytes. Without token and auth this machine alone may look.
	Token configopaque.String `mapstructure:"token"`
	// LocalChanges lets this machine change, too, without token and auth. Default false.
	LocalChanges bool `mapstructure:"local_changes"`
	// MaxViews is how many services may be looked at at a time. 1 to 1000, default 32.
	MaxViews int `mapstructure:"max_views"`
	// MaxStreams is how many streams of one service may be read at a time. 1 to 1000, default 16.
	MaxStreams int `mapstructure:"max_streams"`
	// IdleAfter is after how long without a look what serves a service ends. 1s to 24h, default 5m.
	IdleAfter time.Duration `mapstructure:"idle_after"`

	hasToken bool // the configuration has a token, which may be empty

	_ struct{}
}

// Defaults.
const (
	defaultEndpoint   = "localhost:55690"
	defaultMaxViews   = 32
	defaultMaxStreams = 16
	defaultIdleAfter  = 5 * time.Minute
)

const leastToken, mostToken = 16, 4096

func createDefaultConfig() component.Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	return &Config{ServerConfig: server, MaxViews: defaultMaxViews, MaxStreams: defaultMaxStreams, IdleAfter: defaultIdleAfter}
}

// Unmarshal implements confmap.Unmarshaler. It notes whether there is a token: one that is empty, as of a variable that is not set, would let
// in everybody on this machine and nobody else, and whoever wrote it meant something else.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	c.hasToken = conf.IsSet("token")
	return conf.Unmarshal(c)
}

// Validate reports every field that is out of its range.
func (c *Config) Validate() error {
	var errs []error
	if c.ServerConfig.NetAddr.Endpoint == "" {
		errs = append(errs, errors.New("endpoint is empty, accepted is HOST:PORT, or the path of a unix socket with transport: unix"))
	}
	switch n := len(c.Token); {
	case n == 0 && c.hasToken:
		errs = append(errs, fmt.Errorf("token is empty, accepted is %d to %d bytes: is a variable that it is taken from not set?", leastToken, mostToken))
	case n > 0 && strings.TrimSpace(string(c.Token)) == "":
		errs = append(errs, fmt.Errorf("token is blank, accepted is %d to %d bytes, not all of them blanks", leastToken, mostToken))
	case n > 0 && (n < leastToken || n > mostToken):
		errs = append(errs, fmt.Errorf("token has %d bytes, accepted is %d to %d", n, leastToken, mostToken))
	}
	if c.LocalChanges && (c.Token != "" || c.ServerConfig.Auth.HasValue()) {
		errs = append(errs, errors.New("local_changes is true, accepted is false with token or auth: who they let in may change, and nobody else"))
	}
	return errors.Join(append(errs,
		ranges.Within("max_views", c.MaxViews, 1, 1000),
		ranges.Within("max_streams", c.MaxStreams, 1, 1000),
		ranges.Within("idle_after", c.IdleAfter, time.Second, 24*time.Hour),
	)...)
}

// refusesOthers reports whether it listens where others can reach it, and lets none of them in.
func (c *Config) refusesOthers() bool {
	if c.Token != "" || c.ServerConfig.Auth.HasValue() || c.ServerConfig.NetAddr.Transport == "unix" {
		return false
	}
	host, _, err := net.SplitHostPort(c.ServerConfig.NetAddr.Endpoint)
	if err != nil || host == "localhost" {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}
