// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// tokenAnswer is what became of a token.
type tokenAnswer int

const (
	noToken tokenAnswer = iota
	wrongToken
	rightToken
	tooManyTokens // it was not looked at
)

// tryToken looks at a token, unless the client has sent too many wrong ones: then wait is the time until it is looked at
// again. Looking and noting that it was wrong are not one step, so as many tokens more as there are CPUs may be looked at.
func (g *Guard) tryToken(r *http.Request, token string) (answer tokenAnswer, wait time.Duration) {
	if token == "" {
		return noToken, 0
	}
	by := g.guesses.of(r)
	if wait = by.wait(); wait > 0 {
		return tooManyTokens, wait
	}
	if g.isToken(token) {
		return rightToken, 0
	}
	by.failed()
	return wrongToken, 0
}

// bearerOf is the token of the one Authorization header, "" if there is none, or several headers.
func bearerOf(r *http.Request) string {
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// isToken compares hashes, so that the time it takes tells neither bytes nor length.
func (g *Guard) isToken(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(hash[:], g.tokenHash[:]) == 1
}

// askForToken answers a missing or wrong token: people at the front page get a form.
func (g *Guard) askForToken(w http.ResponseWriter, r *http.Request, failed string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="otelperf"`)
	g.refuse(w, r, failed, problem.Problem{
		Status: http.StatusUnauthorized,
		Detail: "A token is needed: send it as \"Authorization: Bearer ...\", or open the page in a browser to log in.",
	})
}

// refuseGuess answers a client that has sent too many wrong tokens.
func (g *Guard) refuseGuess(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int((wait + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	failed := fmt.Sprintf("Too many wrong tokens came from your address. Try again in %d s.", seconds)
	g.refuse(w, r, failed, problem.Problem{Status: http.StatusTooManyRequests, Detail: failed})
}

// refuse answers people with the form, and failed above it, and programs with a problem.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, failed string, p problem.Problem) {
	g.denied.Add(1)
	if failed != "" && wantsHTML(r) || wantsForm(r) {
		writeForm(w, p.Status, formAction(r, g.login), failed)
		return
	}
	problem.Write(w, p)
}
