// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// maxShared is how many answers a Shared keeps.
const maxShared = 64

// Shared lets any number of concurrent polls cost one answer. It keeps at most 64 of them. The zero value is ready to use; its
// methods are safe for concurrent use.
type Shared struct {
	mu sync.Mutex // guards all below
	by map[string]*sharedAnswer
}

type sharedAnswer struct {
	making sync.Mutex // held while it is made, so that who comes meanwhile gets that one; guards all below
	made   time.Time  // when that was begun
	ended  time.Time
	body   []byte
	err    error
}

// Get returns what produce returns as a line of JSON, or what it returned to somebody else with the same key less than age ago. An error is
// that of all who have waited for it.
func (s *Shared) Get(key string, age time.Duration, produce func() (any, error)) ([]byte, error) {
	asked, a := time.Now(), s.answer(key)
	a.making.Lock()
	defer a.making.Unlock()
	if a.body != nil && time.Since(a.made) < age || a.err != nil && !a.ended.Before(asked) {
		return a.body, a.err
	}
	a.made, a.body, a.err = time.Now(), nil, nil
	v, err := produce()
	if err == nil {
		a.body, err = json.Marshal(v)
		a.body = append(a.body, '\n')
	}
	if a.err, a.ended = err, time.Now(); err != nil {
		a.body = nil
	}
	return a.body, a.err
}

func (s *Shared) answer(key string) *sharedAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.by[key]; a != nil {
		return a
	}
	if s.by == nil || len(s.by) >= maxShared {
		s.by = map[string]*sharedAnswer{}
	}
	a := &sharedAnswer{}
	s.by[key] = a
	return a
}

// Forget has every answer made anew.
func (s *Shared) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.by)
}

// Serve answers with what Get returns, and with failed where that is an error.
func (s *Shared) Serve(w http.ResponseWriter, r *http.Request, key string, age time.Duration, failed func(http.ResponseWriter, error), produce func() (any, error)) {
	body, err := s.Get(key, age, produce)
	if err != nil {
		failed(w, err)
		return
	}
	Body(w, r, body)
}
