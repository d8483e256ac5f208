// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

// Store keeps values by name. Names are such as files may have. The clients of storage extensions are Stores.
type Store interface {
	// Get returns a value; nil if there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Set writes a value.
	Set(ctx context.Context, key string, value []byte) error
	// Close ends the use of it.
	Close(ctx context.Context) error
}

// status is what the collector that has a service says of it.
type status string

const (
	active status = "active"
	quiet  status = "quiet" // nothing comes of it
	left   status = "left"  // the collector has ended
)

// owner is who has a service.
type owner struct {
	Collector string    `json:"collector"` // one process; another after a restart
	Host      string    `json:"host"`      // for people
	Since     time.Time `json:"since"`
	Status    status    `json:"status"`
}

// ownerOf reads who has a service; the zero owner for nobody, or for what cannot be read.
func ownerOf(value []byte) (o owner) {
	if json.Unmarshal(value, &o) != nil {
		return owner{}
	}
	return o
}

// Key is the name of the values of a service: readable, such as files may have, and another one for each service. That of those beyond max_services is that of a
// service which is called so.
func Key(prefix string, n fleet.Name) string {
	sum := sha256.Sum256([]byte(n.Namespace + "\x00" + n.Name))
	return fmt.Sprintf("%s%s-%s", Prefix(prefix), plain(n.String(), 64), hex.EncodeToString(sum[:8]))
}

// Prefix begins the keys of all services.
func Prefix(prefix string) string { return plain(prefix, 64) + "-" }

// plain has nothing but letters, digits, points and underlines.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '_'
	}, text)
	return strings.TrimLeft(text[:min(len(text), most)], ".")
}
