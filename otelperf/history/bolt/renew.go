// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"encoding/json"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// renewalKey is where a file says in its bucket about in whose place it was begun.
var renewalKey = []byte("renewal")

var _ history.Renewed = (*Store)(nil)

// Renewal says when and why the file was begun in the place of another one. It is in the file, and known as long as that is used.
func (s *Store) Renewal() (r history.Renewal) {
	if known := s.renewal.Load(); known != nil {
		r = *known
	}
	return r
}

// putRenewal writes down that a new file takes the place of another one.
func (s *Store) putRenewal(tx *bbolt.Tx) error {
	if s.renewing == nil {
		return nil
	}
	text, err := json.Marshal(s.renewing)
	if err != nil {
		return err
	}
	return tx.Bucket(aboutBucket).Put(renewalKey, text)
}

// readRenewal reads what putRenewal has written; what cannot be read counts as nothing.
func (s *Store) readRenewal(tx *bbolt.Tx) {
	var r history.Renewal
	if about := tx.Bucket(aboutBucket); about != nil && json.Unmarshal(about.Get(renewalKey), &r) == nil {
		s.renewal.Store(&r)
		return
	}
	s.renewal.Store(nil)
}
