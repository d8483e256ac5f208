// SPDX-License-Identifier: Apache-2.0

// Package layers is what stores of a history have in common: how minutes are written, how an hour of them is put into the layers of package
// compact, what of an hour answers a query, and how signals and events are written.
//
// A store has its bytes wherever it has them: it hands over those of an hour as [Stored], and gets batches or layers. Bytes may be of anybody:
// what is wrong with them is left out, and the error wraps history.ErrDamaged.
package layers
