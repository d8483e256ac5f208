// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"sync"
	"time"
)

const (
	nonceSize    = 16
	sessionSize  = 8 + nonceSize // expiry in Unix seconds, then the nonce
	sessionBytes = sessionSize + sha256.Size
	maxEnded     = 1024
)

// sessions makes and checks cookie values: expiry and a random nonce, signed with a key of
// this process. Nothing is kept of a session but, once it was logged out, its nonce
// until it would have expired: at most 1024, then all sessions end.
type sessions struct {
	life time.Duration

	mu    sync.Mutex // guards what follows
	key   [sha256.Size]byte
	ended map[[nonceSize]byte]int64 // to the expiry
}

func newSessions(life time.Duration) *sessions {
	s := &sessions{life: life}
	s.rotateLocked() // nobody else has it yet
	return s
}

func (s *sessions) rotateLocked() {
	_, _ = rand.Read(s.key[:]) // never fails: it ends the program instead
	s.ended = make(map[[nonceSize]byte]int64)
}

// start gives the value for a new session.
func (s *sessions) start() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [sessionBytes]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().Add(s.life).Unix()))
	_, _ = rand.Read(b[8:sessionSize])
	copy(b[sessionSize:], s.signLocked(b[:sessionSize]))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (s *sessions) signLocked(b []byte) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	_, _ = mac.Write(b) // a hash does not fail
	return mac.Sum(nil)
}

func (s *sessions) valid(value string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _, ok := s.checkLocked(value)
	return ok
}

func (s *sessions) checkLocked(value string) (nonce [nonceSize]byte, expires int64, ok bool) {
	if len(value) != base64.RawURLEncoding.EncodedLen(sessionBytes) {
		return nonce, 0, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(b) != sessionBytes { // line breaks in value are skipped
		return nonce, 0, false
	}
	if !hmac.Equal(b[sessionSize:], s.signLocked(b[:sessionSize])) {
		return nonce, 0, false
	}
	expires = int64(binary.BigEndian.Uint64(b[:8]))
	copy(nonce[:], b[8:sessionSize])
	_, ended := s.ended[nonce]
	return nonce, expires, !ended && time.Now().Unix() < expires
}

// end makes a valid value invalid.
func (s *sessions) end(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	nonce, expires, ok := s.checkLocked(value)
	if !ok {
		return
	}
	now := time.Now().Unix()
	if len(s.ended) >= maxEnded {
		maps.DeleteFunc(s.ended, func(_ [nonceSize]byte, expires int64) bool { return expires <= now })
	}
	if len(s.ended) >= maxEnded {
		s.rotateLocked() // ends this one, too
		return
	}
	s.ended[nonce] = expires
}
