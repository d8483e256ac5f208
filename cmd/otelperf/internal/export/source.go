// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"iter"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// Source is where a history is read from: a store of history/bolt, or a Service.
type Source interface {
	// Range yields what was stored, as a history.Store does. An error that wraps history.ErrDamaged or ErrPart stands for what is left out.
	Range(ctx context.Context, q history.Query) iter.Seq2[*history.Batch, error]
}

var (
	// ErrPart is wrapped by the error that stands for a part which is left out.
	ErrPart = errors.New("left out")
	// ErrNotGiven is wrapped where a service does not give what is asked for.
	ErrNotGiven = errors.New("a service does not give its signals over time: give the file of its history in place of the URL")
)
