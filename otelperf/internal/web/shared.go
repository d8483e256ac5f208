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
	mu sync.Mutex // held while an answer is made, so that who comes meanwhile gets that one
	by map[string]sharedAnswer
}

type sharedAnswer struct {
	made time.Time
	body []byte
}

// Get returns what produce returns as a line of JSON, or what it returned to somebody else with the same key less than age ago.
func (s *Shared) Get(key string, age time.Duration, produce func() any) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.by[key]; ok && time.Since(old.made) < age {
		return old.body, nil
	}
	made := time.Now()
	body, err := json.Marshal(produce())
	if err != nil {
		return nil, err
	}
	if s.by == nil || len(s.by) >= maxShared {
		s.by = map[string]sharedAnswer{}
	}
	s.by[key] = sharedAnswer{made, append(body, '\n')}
	return s.by[key].body, nil
}

// Serve answers with what Get returns.
func (s *Shared) Serve(w http.ResponseWriter, r *http.Request, key string, age time.Duration, produce func() any) {
	body, err := s.Get(key, age, produce)
	if err != nil {
		Failed(w, err)
		return
	}
	Body(w, r, body)
}

// Forget has every answer made anew.
func (s *Shared) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.by)
}
