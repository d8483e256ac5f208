// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"crypto/sha256"
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
	// 16 bytes or more. After ten wrong ones a client may try one every six seconds.
	BearerToken string

	// LocalChanges lets this machine change state too, while it is let in for want of an
	// Authorizer and a BearerToken.
	LocalChanges bool

	// LoginPath and LogoutPath are paths below the mount point, without slashes.
	// The defaults are "login" and "logout". They exist only with a BearerToken.
	LoginPath, LogoutPath string

	// CookiePath is for which paths a login holds; "" for those below the mount point at which it was made.
	CookiePath string

	// Names are what a refusal calls the settings by which others may be let in.
	Names Names

	// SessionTime is how long a login holds. The default is 12 hours.
	SessionTime time.Duration
}

// Names are what the fields of a Config are called where people set them. Those of zero are called as the options of package otelperf.
type Names struct{ Authorizer, BearerToken, LocalChanges string }

// A Guard stands in front of handlers.
type Guard struct {
	authorizer    func(*http.Request) bool
	token         bool
	tokenHash     [sha256.Size]byte
	localChanges  bool
	login, logout string
	cookiePath    string
	names         Names
	sessions      *sessions
	guesses       *guesses
	crossOrigin   *http.CrossOriginProtection
	faults        atomic.Uint64
	denied        atomic.Uint64
}

// New returns a Guard. It starts nothing that would have to be stopped.
func New(cfg Config) *Guard {
	g := &Guard{
		authorizer:   cfg.Authorizer,
		token:        cfg.BearerToken != "",
		tokenHash:    sha256.Sum256([]byte(cfg.BearerToken)),
		localChanges: cfg.LocalChanges,
		login:        cfg.LoginPath,
		cookiePath:   cfg.CookiePath,
		names: Names{
			Authorizer: cmp.Or(cfg.Names.Authorizer, "WithAuthorizer"), BearerToken: cmp.Or(cfg.Names.BearerToken, "WithBearerToken"),
			LocalChanges: cmp.Or(cfg.Names.LocalChanges, "WithLocalChanges"),
		},
		logout:      cfg.LogoutPath,
		guesses:     newGuesses(),
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

// Access says who may look: authorizer, bearer token, or this machine.
func (g *Guard) Access() (by []string) {
	if g.authorizer != nil {
		by = append(by, "authorizer")
	}
	if g.token {
		by = append(by, "bearer token")
	}
	if by == nil {
		return []string{"this machine"}
	}
	return by
}

// NoChanges says why nobody may change state, or "" if whoever is let in may.
func (g *Guard) NoChanges() string {
	if g.token || g.authorizer != nil || g.localChanges {
		return ""
	}
	return "Being on this machine is no right to change anything: set " + g.names.Authorizer + " or " + g.names.BearerToken + ", or " + g.names.LocalChanges + "."
}

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
		answer, wait := g.credentials(r)
		switch {
		case answer == rightToken, g.authorizer != nil && g.authorized(r):
			next.ServeHTTP(w, r)
		case answer == tooManyTokens:
			g.refuseGuess(w, r, wait)
		case g.token:
			g.askForToken(w, r, "")
		case g.authorizer != nil:
			g.forbid(w, "The authorizer of this service does not let this request in: sign in the way it expects, or change "+g.names.Authorizer+".")
		default:
			g.serveLocal(w, r, next)
		}
	})
}

// credentials looks at the cookie of a login, or at the token.
func (g *Guard) credentials(r *http.Request) (answer tokenAnswer, wait time.Duration) {
	switch {
	case !g.token:
		return noToken, 0
	case g.sessions.valid(cookieOf(r)):
		return rightToken, 0
	}
	return g.tryToken(r, bearerOf(r))
}

// serveLocal lets in this machine, and unless told otherwise only to look.
func (g *Guard) serveLocal(w http.ResponseWriter, r *http.Request, next http.Handler) {
	why := notLocal(r)
	if why != "" {
		why += " Use http://localhost on the machine itself, or set " + g.names.Authorizer + " or " + g.names.BearerToken + "."
	}
	if why == "" && changes(r.Method) {
		why = g.NoChanges()
	}
	if why != "" {
		g.forbid(w, why)
		return
	}
	next.ServeHTTP(w, r)
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
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

func (g *Guard) forbid(w http.ResponseWriter, why string) {
	g.denied.Add(1)
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
	problem.Write(w, problem.Problem{Status: http.StatusForbidden, Detail: why})
}
