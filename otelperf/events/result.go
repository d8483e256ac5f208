// SPDX-License-Identifier: Apache-2.0

package events

// The four ends of an event, as in ItemResult.Status; see the package comment.
const (
	statusAccepted   = "accepted"
	statusSampledOut = "sampled_out"
	statusRefused    = "refused"
	statusDropped    = "dropped"
)

// ItemResult says what became of one event of a batch.
type ItemResult struct {
	// Index is the event's place in the batch, from 0 on.
	Index int `json:"index"`
	// Status is accepted, sampled_out, refused or dropped.
	Status string `json:"status"`
	// Reason says why the event was refused or dropped, in a word of the package comment; else empty.
	Reason string `json:"reason,omitzero"`
	// Field is the field at fault of an event that was refused, as in RefusedError.
	Field string `json:"field,omitzero"`
	// Detail says in a sentence for people what is wrong with an event that was refused.
	Detail string `json:"detail,omitzero"`
	// Err is what Track would have returned.
	Err error `json:"-"`

	reason reason
}

// BatchResult says what became of a batch. The four counts add up to the number of items.
type BatchResult struct {
	// Accepted is the number of events that are on their way to the log provider.
	Accepted int `json:"accepted"`
	// SampledOut is the number of valid events that are counted, but not emitted.
	SampledOut int `json:"sampled_out"`
	// Refused is the number of events that are not valid, or not permitted.
	Refused int `json:"refused"`
	// Dropped is the number of valid events that go no further; the reason of each says why.
	Dropped int `json:"dropped"`
	// Items has one result for each event, in the order of the batch.
	Items []ItemResult `json:"results"`
}

func (b *BatchResult) add(r ItemResult) {
	switch r.Status {
	case statusAccepted:
		b.Accepted++
	case statusSampledOut:
		b.SampledOut++
	case statusRefused:
		b.Refused++
	default:
		b.Dropped++
	}
	r.Index = len(b.Items)
	b.Items = append(b.Items, r)
}

// allRefused reports whether nothing of the batch was valid.
func (b *BatchResult) allRefused() bool { return b.Refused > 0 && b.Refused == len(b.Items) }
