// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// personal are values that the test's client sends or shows. None of them may be found in what is stored.
var personal = map[string]string{
	"address":        "192.0.2.77",
	"user agent":     "Mozilla/5.0-of-ann",
	"cookie":         "login-cookie-secret",
	"referrer":       "https://shop.example/users/4711?mail=ann@example.org",
	"query":          "token-in-the-query",
	"user id":        "ann.smith@example.org",
	"header":         "x-header-value",
	"exception text": "no such user: ann.smith",
	"language":       "tlh-KX",
}

func personalRequest(r *http.Request) {
	r.Header.Set("User-Agent", personal["user agent"])
	r.Header.Set("Cookie", "session="+personal["cookie"])
	r.Header.Set("Referer", personal["referrer"])
	r.Header.Set("X-Forwarded-For", personal["address"])
	r.Header.Set("X-Custom", personal["header"])
	r.Header.Set("Accept-Language", personal["language"])
}

func TestNothingPersonalIsStored(t *testing.T) {
	tr, rec := newTracker(t, WithSampling(Sampling{1, 1, 1}))
	h := tr.Handler()
	user := fmt.Sprintf("%q", personal["user id"])
	bodies := map[string]string{
		"/track":       `{"name":"a","user_id":` + user + `,"session_id":"s1"}`,
		"/batch-track": `{"user_id":` + user + `,"events":[{"name":"b"},{"name":"a","page":"/users/{id}"}]}`,
		"/interactions": `{"user_id":` + user + `,"events":[{"type":"page_view","page":"/users/{id}"},{"type":"click","target":"buy"},
			{"type":"web_vital","name":"lcp","value":1000,"id":"v1"},
			{"type":"page_view","page":"` + personal["referrer"] + `"}]}`,
	}
	for path, body := range bodies {
		if w := send(h, "POST", path+"?q="+personal["query"], "text/plain", body, personalRequest); w.Code != 202 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	tr.Request(t.Context(), RequestEvent{Method: "GET", Route: "/users/{id}", Status: 500, Outcome: "panic", Failed: true, UserID: personal["user id"]})
	tr.Exception(t.Context(), ExceptionEvent{Type: "*errors.errorString", Message: personal["exception text"]})
	mustFlush(t, tr)

	var stored strings.Builder
	for _, r := range rec.all() {
		fmt.Fprintln(&stored, r.EventName(), r.Body().String(), r.SeverityText(), r.Err())
		for k, v := range r.attrs() {
			fmt.Fprintln(&stored, k, v.String())
		}
	}
	if n := len(rec.all()); n != 8 {
		t.Errorf("%d records, want 8", n)
	}
	for _, v := range []any{tr.Stats(), tr.Recent(-1)} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		stored.Write(b)
	}
	for what, value := range personal {
		if strings.Contains(stored.String(), value) {
			t.Errorf("%s %q is in what is stored:\n%s", what, value, stored.String())
		}
	}
	if !strings.Contains(stored.String(), "/users/{id}") || !strings.Contains(stored.String(), keyUserHash) {
		t.Errorf("template or user.hash are missing: the test sees too little:\n%s", stored.String())
	}
}

// The table of the package comment names each attribute key that says something about a person.
func TestPrivacyTableNamesKeys(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{keyTemplate, keyUserHash, keySession, keyClockSkew, keyExcType,
		"WithUserKey", "WithRawUserID", "WithHashedSessionID", "WithExceptionMessages"} {
		if !strings.Contains(string(doc), word) {
			t.Errorf("the package comment does not mention %s", word)
		}
	}
}
