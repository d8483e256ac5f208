// SPDX-License-Identifier: Apache-2.0

package causes

import "time"

// RecorderState is what a recorder does.
type RecorderState string

// The states of a recorder.
const (
	RecorderOff       RecorderState = "off" // not started, or shut down
	RecorderIdle      RecorderState = "idle"
	RecorderRecording RecorderState = "recording"
	RecorderAnalysing RecorderState = "analysing"
)

// RecorderStatus is how a recorder is.
type RecorderStatus struct {
	State  RecorderState `json:"state"`
	Reason string        `json:"reason,omitempty"` // of the recording at hand
	Since  time.Time     `json:"since,omitzero"`   // of the recording at hand
	// NotBefore is when the next recording may begin, where limits or a failure hold it off.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Error is the last failure to record or to read a recording, since the last success; Failures counts them.
	Error    string `json:"error,omitempty"`
	Failures uint64 `json:"failures"`
	// Recordings since the start, those of the last hour, and what these took.
	Recordings         uint64 `json:"recordings"`
	RecordingsLastHour int    `json:"recordings_last_hour"`
	BytesLastHour      int64  `json:"bytes_last_hour"`
	WorkNanosLastHour  int64  `json:"work_ns_last_hour"`
	// WorkNanos is how long reading recordings took since the start, MemoryBytes what is stored of them.
	WorkNanos   int64 `json:"work_ns"`
	MemoryBytes int64 `json:"memory_bytes"`
	// Discarded recordings ended before there was anything to see. Refused ones would have passed a limit.
	Discarded uint64 `json:"discarded"`
	Refused   uint64 `json:"refused"`
}
