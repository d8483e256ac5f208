// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
)

// learnedFrom are how much of a history is learned from, and how long that may take: if all of it does not come in time, the last of it.
var learnedFrom = []struct{ time, patience time.Duration }{{24 * time.Hour, 30 * time.Second}, {2 * time.Hour, 30 * time.Second}}

// learner learns what is usual from the minutes of a history, where the process before has left nothing that can be read. It runs once,
// beside the service, which begins without it.
type learner struct {
	*worker.Worker
	c *chronicle
}

// start begins to learn.
func (l *learner) start() {
	began := time.Now()
	l.Run(func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			select {
			case <-l.Stopping():
				cancel()
			case <-ctx.Done():
			}
		}()
		err := errors.New("the store has panicked")
		l.c.faults.Guard("the history", func() { err = l.learn(ctx, began) })
		if err != nil && ctx.Err() == nil {
			otel.Handle(fmt.Errorf("otelperf: history: what is usual is learned anew: %w", err))
		}
	})
}

func (l *learner) learn(ctx context.Context, began time.Time) (err error) {
	for _, of := range learnedFrom {
		var lessons *engine.Lessons
		if lessons, err = l.lessons(ctx, began, of.time, of.patience); err == nil {
			l.c.engine.Teach(lessons.Baselines())
			return nil
		}
	}
	return err
}

// lessons are those of a time before the start.
func (l *learner) lessons(ctx context.Context, began time.Time, of, patience time.Duration) (*engine.Lessons, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lessons := l.c.engine.NewLessons(l.c.limit)
	q := history.Query{What: history.Rows, From: began.Add(-of).Truncate(time.Hour), To: began.Truncate(time.Minute), Step: history.Minute}
	for b, err := range l.c.store.Range(ctx, q) {
		if errors.Is(err, history.ErrDamaged) {
			continue
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if b.Step > history.Minute {
			continue // of before what is stored by the minute
		}
		rows := make([]engine.MinuteRow, len(b.Rows))
		for i := range b.Rows {
			rows[i] = minuteRow(&b.Rows[i])
		}
		lessons.Minute(b.Time, rows)
	}
	return lessons, nil
}
