// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Config says who is let in. Its zero value lets in this machine alone.
type Config struct {
	// Authorizer, if set, decides. One that panics denies; see Guard.Faults.
	Authorizer func(*http.Request) bool

	// BearerToken, if not empty, lets in who knows it. It ought to be random and long,
	// 16 bytes or more: nothing limits how often it is guessed.
	BearerToken string

	// LoginPath and LogoutPath are paths below the mount point, without slashes.
	// The defaults are "login" and "logout". They exist only with a BearerToken.
	LoginPath, LogoutPath string

	// SessionTime is how long a login holds. The default is 12 hours.
	SessionTime time.Duration
}

// A Guard stands in front of handlers.
type Guard struct {
	authorizer    func(*http.Request) bool
	token         bool
	tokenHash     [sha256.Size]byte
	login, logout string
	sessions      *sessions
	crossOrigin   *http.CrossOriginProtection
	faults        atomic.Uint64
	denied        atomic.Uint64
}

// New returns a Guard. It starts nothing that would have to be stopped.
func New(cfg Config) *Guard {
	g := &Guard{
		authorizer:  cfg.Authorizer,
		token:       cfg.BearerToken != "",
		tokenHash:   sha256.Sum256([]byte(cfg.BearerToken)),
		login:       cfg.LoginPath,
		logout:      cfg.LogoutPath,
		crossOrigin: http.NewCrossOriginProtection(),
	}
	if g.login == "" {
		g.login = "login"
	}
	if g.logout == "" {
		g.logout = "logout"
	}
	if cfg.SessionTime <= 0 {
		cfg.SessionTime = 12 * time.Hour
	}
	g.sessions = newSessions(cfg.SessionTime)
	return g
}

// Faults is how many times the authorizer panicked.
func (g *Guard) Faults() uint64 { return g.faults.Load() }

// Denied is how many requests were not let in. Failed logins are among them.
func (g *Guard) Denied() uint64 { return g.denied.Load() }

// Wrap returns a handler that passes to next what is let in. It expects the mount point to
// be stripped from the path, as http.StripPrefix does.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.crossOrigin.Check(r); err != nil {
			g.forbid(w, "A page of another origin may not send this request: send it from the same origin, or from a program that is no browser.")
			return
		}
		if g.token && r.Method == http.MethodPost {
			switch strings.Trim(r.URL.Path, "/") {
			case g.login:
				g.serveLogin(w, r)
				return
			case g.logout:
				g.serveLogout(w, r)
				return
			}
		}
		switch {
		case g.token && (g.knowsToken(r) || g.sessions.valid(cookieOf(r))), g.authorizer != nil && g.authorized(r):
			next.ServeHTTP(w, r)
		case g.token:
			g.askForToken(w, r, "")
		case g.authorizer != nil:
			g.forbid(w, "The authorizer of this service does not let this request in: sign in the way it expects, or change WithAuthorizer.")
		default:
			if why := notLocal(r); why != "" {
				g.forbid(w, why)
				return
			}
			next.ServeHTTP(w, r)
		}
	})
}

func (g *Guard) authorized(r *http.Request) (ok bool) {
	defer func() {
		if recover() != nil {
			g.faults.Add(1)
			ok = false
		}
	}()
	return g.authorizer(r)
}

// knowsToken says whether the one Authorization header has the token.
func (g *Guard) knowsToken(r *http.Request) bool {
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	return ok && strings.EqualFold(scheme, "Bearer") && g.isToken(strings.TrimSpace(token))
}

// isToken compares hashes, so that the time it takes tells neither bytes nor length.
func (g *Guard) isToken(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return token != "" && subtle.ConstantTimeCompare(hash[:], g.tokenHash[:]) == 1
}

func (g *Guard) forbid(w http.ResponseWriter, why string) {
	g.denied.Add(1)
	problem.Write(w, problem.Problem{Status: http.StatusForbidden, Detail: why})
}

// askForToken answers a missing or wrong token: people at the front page get a form.
func (g *Guard) askForToken(w http.ResponseWriter, r *http.Request, failed string) {
	g.denied.Add(1)
	w.Header().Set("WWW-Authenticate", `Bearer realm="otelperf"`)
	if failed != "" && wantsHTML(r) || wantsForm(r) {
		writeForm(w, formAction(r, g.login), failed)
		return
	}
	problem.Write(w, problem.Problem{
		Status: http.StatusUnauthorized,
		Detail: "A token is needed: send it as \"Authorization: Bearer ...\", or open the page in a browser to log in.",
	})
}
