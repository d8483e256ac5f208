// SPDX-License-Identifier: Apache-2.0

//go:build unix

package history

import (
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/otelperf/history/sqlstore"
)

// Both databases do what any store has to.
func TestStore(t *testing.T) {
	databases(t, func(t *testing.T, d *database) {
		historytest.Run(t, historytest.Subject{Open: func(t *testing.T, r history.Retention) history.Store {
			return d.open(t, d.empty(t), sqlstore.WithRetention(r))
		}})
	})
}
