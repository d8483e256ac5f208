// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const secret = "s3cret-and-long-enough"

func login(g *Guard, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/debug/otelperf/login", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	http.StripPrefix("/debug/otelperf", g.Wrap(page)).ServeHTTP(w, r)
	return w
}

func TestLogin(t *testing.T) {
	form := url.Values{"token": {secret}}.Encode()
	tests := []struct {
		name, kind, body string
		want             int
	}{
		{"form", formType, form, 303},
		{"form with charset", formType + "; charset=utf-8", form, 303},
		{"JSON", "application/json", `{"token":"` + secret + `"}`, 204},
		{"wrong token", formType, "token=wrong", 401},
		{"wrong token in JSON", "application/json", `{"token":"wrong"}`, 401},
		{"empty token", formType, "token=", 401},
		{"no token", formType, "", 401},
		{"not JSON", "application/json", "{", 400},
		{"not a form", formType, "token=%zz", 400},
		{"no type", "", form, 415},
		{"multipart", "multipart/form-data; boundary=x", "--x--", 415},
		{"too large", formType, form + "&pad=" + strings.Repeat("x", maxLoginBody), 413},
	}
	g := New(Config{BearerToken: secret})
	for _, tt := range tests {
		w := login(g, tt.kind, tt.body)
		cookies := w.Result().Cookies()
		if w.Code != tt.want || (len(cookies) == 1) != (tt.want < 400) {
			t.Errorf("%s: %d with %d cookies, want %d", tt.name, w.Code, len(cookies), tt.want)
			continue
		}
		if len(cookies) == 0 {
			continue
		}
		c := cookies[0]
		if c.Path != "/debug/otelperf" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.MaxAge != 12*60*60 ||
			strings.Contains(c.Value, secret) {
			t.Errorf("%s: cookie %+v", tt.name, c)
		}
		if loc := w.Header().Get("Location"); w.Code == 303 && loc != "./" {
			t.Errorf("%s: sent on to %q", tt.name, loc)
		}
	}
	if w := login(New(Config{}), formType, form); w.Code != 403 {
		t.Errorf("without a token configured: %d", w.Code)
	}
}

// A person logs in at a real server, looks, and logs out.
func TestSessionOfABrowser(t *testing.T) {
	for _, tls := range []bool{false, true} {
		mux := http.NewServeMux()
		g := New(Config{BearerToken: secret})
		mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", g.Wrap(page)))
		srv := httptest.NewUnstartedServer(mux)
		if tls {
			srv.StartTLS()
		} else {
			srv.Start()
		}
		client := srv.Client()
		client.Jar, _ = cookiejar.New(nil)
		base := srv.URL + "/debug/otelperf/"
		get := func() (int, string) {
			req, _ := http.NewRequest(http.MethodGet, base, nil)
			req.Header.Set("Accept", "text/html,application/xhtml+xml")
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			body, _ := io.ReadAll(resp.Body)
			return resp.StatusCode, string(body)
		}
		post := func(path string, form url.Values) int {
			resp, err := client.PostForm(base+path, form)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		if code, body := get(); code != 401 || !strings.Contains(body, `action="./login"`) {
			t.Errorf("first visit: %d %s", code, body)
		}
		if code := post("login", url.Values{"token": {"wrong"}}); code != 401 {
			t.Errorf("wrong token: %d", code)
		}
		if code := post("login", url.Values{"token": {secret}}); code != 200 { // followed to the page
			t.Errorf("login: %d", code)
		}
		if code, _ := get(); code != 200 {
			t.Errorf("after login: %d", code)
		}
		at, _ := url.Parse(base)
		old := client.Jar.Cookies(at)
		if elsewhere, _ := url.Parse(srv.URL + "/shop"); len(old) != 1 || len(client.Jar.Cookies(elsewhere)) != 0 {
			t.Errorf("cookies %v at the page, %v elsewhere", old, client.Jar.Cookies(elsewhere))
		}
		post("logout", nil)
		if code, _ := get(); code != 401 || len(client.Jar.Cookies(at)) != 0 {
			t.Errorf("after logout: %d", code)
		}
		client.Jar.SetCookies(at, old)
		if code, _ := get(); code != 401 {
			t.Errorf("the old cookie after logout: %d", code)
		}
		srv.Close()
	}
}

func TestCookieIsSecureOverTLS(t *testing.T) {
	g := New(Config{BearerToken: secret})
	r := httptest.NewRequest(http.MethodPost, "https://example.com/login", strings.NewReader("token="+secret))
	r.Header.Set("Content-Type", formType)
	w := httptest.NewRecorder()
	g.Wrap(page).ServeHTTP(w, r)
	if c := w.Result().Cookies(); len(c) != 1 || !c[0].Secure || c[0].Path != "/" {
		t.Errorf("cookies %v", c)
	}
}

func TestLoginForm(t *testing.T) {
	g := New(Config{BearerToken: secret})
	tests := []struct {
		name, method, uri, path, accept string
		form                            bool
		action                          string
	}{
		{"front page", "GET", "/debug/otelperf/", "/", "text/html", true, "./login"},
		{"without the slash", "GET", "/debug/otelperf", "", "text/html", true, "./otelperf/login"},
		{"a host in the path", "GET", "//evil.com/otelperf/", "/", "text/html", true, "./login"},
		{"a host as the path", "GET", "//evil.com", "", "text/html", true, "./evil.com/login"},
		{"markup", "GET", "/\"><script>", "", "text/html", true, "./&#34;&gt;&lt;script&gt;/login"},
		{"JSON wanted", "GET", "/debug/otelperf/", "/", "application/json", false, ""},
		{"another page", "GET", "/debug/otelperf/summary", "/summary", "text/html", false, ""},
		{"POST", "POST", "/debug/otelperf/reset", "/reset", "text/html", false, ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, "/", nil)
		r.RequestURI, r.URL.Path = tt.uri, tt.path
		r.Header.Set("Accept", tt.accept)
		w := httptest.NewRecorder()
		g.Wrap(page).ServeHTTP(w, r)
		form := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
		if w.Code != 401 || form != tt.form {
			t.Errorf("%s: %d, form %t", tt.name, w.Code, form)
			continue
		}
		if form && !strings.Contains(w.Body.String(), `action="`+tt.action+`"`) {
			// html/template may percent-escape instead; either way no markup may get out
			if tt.name != "markup" || bytes.Contains(w.Body.Bytes(), []byte("<script>")) {
				t.Errorf("%s: %s", tt.name, w.Body)
			}
		}
		csp := w.Header().Get("Content-Security-Policy")
		if form && (!strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || bytes.Contains(w.Body.Bytes(), []byte("<script"))) {
			t.Errorf("%s: policy %q", tt.name, csp)
		}
	}
}

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := newSessions(time.Hour), newSessions(time.Hour)
		value := s.start()
		if !s.valid(value) || other.valid(value) {
			t.Error("a session holds where it was not made, or not where it was")
		}
		raw, _ := base64.RawURLEncoding.DecodeString(value)
		for i := range raw {
			forged := bytes.Clone(raw)
			forged[i] ^= 1
			if s.valid(base64.RawURLEncoding.EncodeToString(forged)) {
				t.Fatalf("byte %d can be changed", i)
			}
		}
		for _, bad := range []string{"", "x", value + "A", value[:len(value)-1], strings.Repeat("A", len(value)), strings.Repeat("\n", len(value))} {
			if s.valid(bad) {
				t.Errorf("%q is valid", bad)
			}
		}
		time.Sleep(time.Hour - time.Second)
		if !s.valid(value) {
			t.Error("ended too early")
		}
		time.Sleep(time.Second)
		if s.valid(value) {
			t.Error("did not expire")
		}
	})
}

func TestEndedSessionsAreBounded(t *testing.T) {
	s := newSessions(time.Hour)
	stays := s.start()
	var last string
	for range maxEnded {
		last = s.start()
		s.end(last)
	}
	if len(s.ended) != maxEnded || !s.valid(stays) || s.valid(last) {
		t.Fatalf("%d ended", len(s.ended))
	}
	last = s.start()
	s.end(last)
	if len(s.ended) != 0 || s.valid(last) || s.valid(stays) {
		t.Errorf("%d ended after the bound was met; valid: last %t, other %t", len(s.ended), s.valid(last), s.valid(stays))
	}
}

func FuzzMountPath(f *testing.F) {
	f.Add("/debug/otelperf/login?x", "/login")
	f.Add("http://h/a;b/login", "/login")
	f.Add("//evil.com/\"/login", "/login")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, uri, path string) {
		got := mountPath(&http.Request{RequestURI: uri, URL: &url.URL{Path: path}})
		c := http.Cookie{Name: cookieName, Value: "v", Path: got}
		if !strings.HasPrefix(got, "/") || c.Valid() != nil {
			t.Errorf("%q below %q: %q", path, uri, got)
		}
	})
}
