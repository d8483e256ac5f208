// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

func TestStore(t *testing.T) {
	historytest.Run(t, historytest.Subject{Open: func(t *testing.T, r history.Retention) history.Store {
		return open(t, path(t), WithRetention(r))
	}})
}
