// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"fmt"
	"io"
	rtrace "runtime/trace"
	"time"
)

// flight is the runtime's flight recorder. It must be used by one goroutine: its methods race with each other.
type flight interface {
	Start() error
	WriteTo(io.Writer) (int64, error)
	Stop() // does nothing where it is not on
}

func newFlight() flight {
	return rtrace.NewFlightRecorder(rtrace.FlightRecorderConfig{MinAge: longest, MaxBytes: maxTrace})
}

// snapshot takes what was recorded.
func snapshot(f flight) ([]byte, error) {
	var b bounded
	if _, err := f.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("taking the recording: %w", err)
	}
	return b.Bytes(), nil
}

// maxSnapshot bounds what is taken of a recorder, which may go beyond what it was asked for.
const maxSnapshot = 64 << 20

// bounded is a buffer with an end.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxSnapshot {
		return 0, fmt.Errorf("it is of more than %d MiB", maxSnapshot>>20)
	}
	return b.Buffer.Write(p)
}

// The length of a recording.
const (
	shortest = 2 * time.Second
	longest  = 5 * time.Second
	// least is what is recorded even if there were enough slow requests before.
	least = time.Second
)
