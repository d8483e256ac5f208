// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

const (
	cookieName   = "otelperf_session"
	maxLoginBody = 4 << 10
	formType     = "application/x-www-form-urlencoded"
)

// serveLogin takes the token as the form field or the JSON member "token", and gives a
// cookie. A form is sent on to the page (303), JSON is answered with 204.
func (g *Guard) serveLogin(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != formType && kind != "application/json" {
		problem.Write(w, problem.Problem{Status: http.StatusUnsupportedMediaType, Field: "Content-Type",
			Detail: "Send the token as a form or as JSON.", Accepted: formType + ", application/json"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLoginBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		problem.Write(w, problem.Problem{Status: http.StatusRequestEntityTooLarge, Detail: "A login has at most 4096 bytes."})
		return
	}
	token, parseErr := tokenOf(kind, body)
	if err != nil || parseErr != nil {
		problem.Write(w, problem.Invalid("token", "The body cannot be read as "+kind+".", ""))
		return
	}
	answer, wait := g.tryToken(r, token)
	switch answer {
	case rightToken:
	case tooManyTokens:
		g.refuseGuess(w, r, wait)
		return
	default:
		g.askForToken(w, r, "That is not the token.")
		return
	}
	g.setCookie(w, r, g.sessions.start(), int(g.sessions.life.Seconds()))
	g.answerLogin(w, kind)
}

// answerLogin answers so that what the browser does next is relative to the
// mount point, which only the browser knows for sure.
func (g *Guard) answerLogin(w http.ResponseWriter, kind string) {
	w.Header().Set("Cache-Control", "no-store")
	if kind == formType {
		w.Header().Set("Location", "./")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// serveLogout ends the session that the request has, if any.
func (g *Guard) serveLogout(w http.ResponseWriter, r *http.Request) {
	g.sessions.end(cookieOf(r))
	g.setCookie(w, r, "", -1)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	g.answerLogin(w, kind)
}

func tokenOf(kind string, body []byte) (string, error) {
	if kind == formType {
		form, err := url.ParseQuery(string(body))
		return form.Get("token"), err
	}
	var in struct {
		Token string `json:"token"`
	}
	err := json.Unmarshal(body, &in)
	return in.Token, err
}

func cookieOf(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

func (g *Guard) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name:     cookieName,
		Value:    value,
		Path:     cmp.Or(g.cookiePath, mountPath(r)),
		MaxAge:   maxAge,
		Secure:   r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	})
}

// mountPath is what StripPrefix cut from the requested path, without a trailing slash;
// "/" if nothing was cut, or if that cannot be told.
func mountPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return "/"
		}
		path = u.EscapedPath()
	}
	prefix, ok := strings.CutSuffix(path, r.URL.EscapedPath())
	prefix = strings.TrimRight(prefix, "/")
	if !ok || !strings.HasPrefix(prefix, "/") || strings.ContainsFunc(prefix, notForCookies) {
		return "/"
	}
	return prefix
}

func notForCookies(c rune) bool {
	return c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '"' || c == '\\'
}
