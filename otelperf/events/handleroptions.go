// SPDX-License-Identifier: Apache-2.0

package events

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
)

// HandlerOptions sets how browsers can send events. The zero value is right for a site that sends to itself.
type HandlerOptions struct {
	// AllowedOrigins are the other origins whose pages may send, as browsers write them: a scheme, a host in lower
	// case and a port that is not the scheme's own, such as https://shop.example; "*" allows all. The default is none:
	// requests that a browser sends for pages of other origins get 403, and no CORS headers are set.
	AllowedOrigins []string

	// Rate is how many events a second a client may send on average. 0 means 20. Below 0 there is no limit; then
	// Burst, MaxClients and ClientKey have no effect and must be zero.
	Rate float64

	// Burst is how many events a client may send at once, at most 1,048,576. 0 means 200.
	Burst int

	// MaxClients bounds the table of rates, at most 1,048,576; each client takes about 400 bytes. 0 means 10,000. Of
	// more clients, those are forgotten that have been silent longest.
	MaxClients int

	// ClientKey names the client of a request. The default is the peer's address (of IPv6, the first 64 bits), which
	// behind a proxy is the proxy's: take the address from the header that your proxy sets, and from no other. What
	// it returns is hashed, not stored. It must be safe for concurrent use.
	ClientKey func(*http.Request) string

	// AllowNames, if not empty, are the only names that track and batch-track take. Each has the form of Event.Name,
	// and none is one that this package gives to its own events.
	AllowNames []string

	// MaxBody is the most bytes of a body, at most 1 MiB. 0 means 64 KiB.
	MaxBody int64

	// MaxBatch is the most events in a body, at most 1,000. 0 means 100.
	MaxBatch int
}

// faults returns all that is out of range, nil if nothing is.
func (o *HandlerOptions) faults() []error {
	var c config
	if math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0) {
		c.refuse("handler rate is %v, accepted are finite numbers: events a second, 0 for 20, less than 0 for no limit", o.Rate)
	}
	if o.Rate < 0 && (o.Burst != 0 || o.MaxClients != 0 || o.ClientKey != nil) {
		c.refuse("handler rate is %v, which is no limit: burst, max clients and client key have no effect", o.Rate)
	}
	for _, bound := range []struct {
		name     string
		is, most int64
	}{
		{"burst", int64(o.Burst), 1 << 20}, {"max clients", int64(o.MaxClients), 1 << 20},
		{"max body", o.MaxBody, 1 << 20}, {"max batch", int64(o.MaxBatch), 1000},
	} {
		if bound.is < 0 || bound.is > bound.most {
			c.refuse("handler %s is %d, accepted are 1 to %d, or 0 for the default", bound.name, bound.is, bound.most)
		}
	}
	for _, origin := range o.AllowedOrigins {
		if err := originFault(origin); err != nil {
			c.refuse("handler allowed origin is %.100q, accepted are \"*\" and origins such as https://shop.example: %w", origin, err)
		}
	}
	for _, name := range o.AllowNames {
		if !validName(name, maxNameLen) || ownName(name) || strings.HasPrefix(name, "otel.") {
			c.refuse("handler allowed name is %.100q, accepted are event names that are not reserved", name)
		}
	}
	return c.faults
}

// originFault returns why an origin equals none that a browser sends.
func originFault(origin string) error {
	if origin == "*" {
		return nil
	}
	if err := http.NewCrossOriginProtection().AddTrustedOrigin(origin); err != nil {
		return err
	}
	scheme, port, _ := strings.Cut(origin, ":")
	switch {
	case origin != strings.ToLower(origin):
		return fmt.Errorf("browsers send it in lower case")
	case scheme == "http" && strings.HasSuffix(port, ":80"), scheme == "https" && strings.HasSuffix(port, ":443"):
		return fmt.Errorf("browsers leave out the scheme's own port")
	}
	return nil
}

func (o HandlerOptions) cloned() HandlerOptions {
	o.AllowedOrigins, o.AllowNames = slices.Clone(o.AllowedOrigins), slices.Clone(o.AllowNames)
	return o
}

// withDefaults fills in what is zero.
func (o HandlerOptions) withDefaults() HandlerOptions {
	if o.Rate == 0 {
		o.Rate = 20
	}
	if o.Burst == 0 {
		o.Burst = 200
	}
	if o.MaxClients == 0 {
		o.MaxClients = 10_000
	}
	if o.MaxBody == 0 {
		o.MaxBody = 64 << 10
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 100
	}
	if o.ClientKey == nil {
		o.ClientKey = peerAddress
	}
	return o
}
