// SPDX-License-Identifier: Apache-2.0

package events

// Status is one of the four ends of an event; see the package comment.
type Status string

// The four ends.
const (
	StatusAccepted   Status = "accepted"
	StatusSampledOut Status = "sampled_out"
	StatusRefused    Status = "refused"
	StatusDropped    Status = "dropped"
)

// ItemResult says what became of one event of a batch.
type ItemResult struct {
	Index  int    `json:"index"`
	Status Status `json:"status"`
	Reason Reason `json:"reason,omitzero"`
	Field  string `json:"field,omitzero"`
	Detail string `json:"detail,omitzero"`
	Err    error  `json:"-"` // as Track would have returned it
}

// BatchResult says what became of a batch. The four counts add up to the number of items.
type BatchResult struct {
	Accepted   int          `json:"accepted"`
	SampledOut int          `json:"sampled_out"`
	Refused    int          `json:"refused"`
	Dropped    int          `json:"dropped"`
	Items      []ItemResult `json:"results"`
}

func (b *BatchResult) add(r ItemResult) {
	switch r.Status {
	case StatusAccepted:
		b.Accepted++
	case StatusSampledOut:
		b.SampledOut++
	case StatusRefused:
		b.Refused++
	default:
		b.Dropped++
	}
	r.Index = len(b.Items)
	b.Items = append(b.Items, r)
}

// allRefused reports whether nothing of the batch was valid.
func (b *BatchResult) allRefused() bool { return b.Refused > 0 && b.Refused == len(b.Items) }
