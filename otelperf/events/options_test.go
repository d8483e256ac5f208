// SPDX-License-Identifier: Apache-2.0

package events

import (
	"errors"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
)

func byHeader(r *http.Request) string { return r.Header.Get("X-Client") }

// unusable are options that New refuses, each with what its error must name.
var unusable = []struct {
	about  string
	option Option
	names  []string
}{
	{"no option at all", nil, []string{"option 1", "nil"}},
	{"no provider", WithLoggerProvider(nil), []string{"logger provider"}},
	{"no deliveries", WithDeliveries(nil), []string{"deliveries"}},
	{"rates out of range", WithSampling(Sampling{Events: 2, Requests: -0.1, Exceptions: math.NaN()}), []string{"events is 2", "requests is -0.1", "exceptions is NaN", "0 to 1"}},
	{"no queue", WithQueueSize(0), []string{"queue size is 0", "1048576"}},
	{"a huge queue", WithQueueSize(1<<20 + 1), []string{"queue size is 1048577"}},
	{"a negative ring", WithRecentSize(-1), []string{"recent size is -1", "100000"}},
	{"a short key", WithUserKey([]byte("hunter2")), []string{"user key has 7 bytes", "16"}},
	{"rate of NaN", WithHandler(HandlerOptions{Rate: math.NaN()}), []string{"handler rate is NaN"}},
	{"rate of infinity", WithHandler(HandlerOptions{Rate: math.Inf(1)}), []string{"handler rate is +Inf"}},
	{"burst without a limit", WithHandler(HandlerOptions{Rate: -1, Burst: 5}), []string{"handler rate is -1", "no effect"}},
	{"clients without a limit", WithHandler(HandlerOptions{Rate: -1, ClientKey: byHeader}), []string{"handler rate is -1", "no effect"}},
	{"negative burst", WithHandler(HandlerOptions{Burst: -1}), []string{"burst is -1", "1048576"}},
	{"too many clients", WithHandler(HandlerOptions{MaxClients: 1 << 21}), []string{"max clients is 2097152"}},
	{"a large body", WithHandler(HandlerOptions{MaxBody: 1<<20 + 1}), []string{"max body is 1048577", "1048576"}},
	{"a large batch", WithHandler(HandlerOptions{MaxBatch: 1001}), []string{"max batch is 1001", "1000"}},
	{"a host as origin", WithHandler(HandlerOptions{AllowedOrigins: []string{"shop.example"}}), []string{"allowed origin", "shop.example"}},
	{"an origin with a path", WithHandler(HandlerOptions{AllowedOrigins: []string{"https://shop.example/"}}), []string{"https://shop.example/"}},
	{"an origin in capitals", WithHandler(HandlerOptions{AllowedOrigins: []string{"https://Shop.example"}}), []string{"lower case"}},
	{"an origin with its scheme's port", WithHandler(HandlerOptions{AllowedOrigins: []string{"https://shop.example:443"}}), []string{"port"}},
	{"a name that is none", WithHandler(HandlerOptions{AllowNames: []string{"ok", "Not A Name"}}), []string{"allowed name", "Not A Name"}},
	{"our own name", WithHandler(HandlerOptions{AllowNames: []string{"browser.click"}}), []string{"browser.click", "reserved"}},
}

func TestUnusableOptions(t *testing.T) {
	for _, tt := range unusable {
		tr, err := New(tt.option)
		if tr != nil || !errors.Is(err, ErrConfig) {
			t.Errorf("%s: New returned %v, %v, want ErrConfig", tt.about, tr, err)
			continue
		}
		if v := Validate(tt.option); v == nil || v.Error() != err.Error() {
			t.Errorf("%s: Validate says %v, New %v", tt.about, v, err)
		}
		for _, name := range tt.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %q does not name %q", tt.about, err, name)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q shows the key", err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	var opts []Option
	for _, tt := range unusable[1:] {
		opts = append(opts, tt.option)
	}
	_, err := New(opts...)
	for _, tt := range unusable[1:] {
		for _, name := range tt.names {
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %q is missing in: %v", tt.about, name, err)
			}
		}
	}
}

// A key where nothing is hashed would be ignored.
func TestUserKeyWithoutUse(t *testing.T) {
	key := WithUserKey([]byte("0123456789abcdef"))
	if err := Validate(key, WithRawUserID()); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "user key") {
		t.Errorf("raw user ids with a key: %v", err)
	}
	if err := Validate(WithRawUserID(), key, WithHashedSessionID()); err != nil {
		t.Errorf("hashed session ids with a key: %v", err)
	}
}

func TestUsableOptions(t *testing.T) {
	for _, o := range []HandlerOptions{
		{},
		{Rate: -1},
		{Rate: 0.1, Burst: 1, MaxClients: 1, MaxBody: 1, MaxBatch: 1, ClientKey: byHeader},
		{Burst: 1 << 20, MaxClients: 1 << 20, MaxBody: 1 << 20, MaxBatch: 1000},
		{AllowedOrigins: []string{"*", "https://shop.example", "http://localhost:3000", "https://shop.example:8443", "capacitor://localhost"}},
		{AllowNames: []string{"a", "cart.item_added"}},
	} {
		if err := Validate(WithHandler(o), WithQueueSize(1<<20), WithRecentSize(100_000), WithSampling(Sampling{1, 1, 1})); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// The options of the handler are as they were when New got them.
func TestHandlerOptionsAreCopied(t *testing.T) {
	names := []string{"a"}
	tr, _ := newTracker(t, WithHandler(HandlerOptions{AllowNames: names}))
	names[0] = "b"
	if w := postJSON(tr.Handler(), "/track", `{"name":"a"}`); w.Code != http.StatusAccepted {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The package comment has a line for each reason, and for each event that this package names.
func TestPackageCommentNamesReasons(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{nameRequest, nameException, nameWebVital, namePageView, nameClick}
	for r := reasonNone + 1; r < reasonCount; r++ {
		words = append(words, r.String())
	}
	for _, word := range words {
		if !strings.Contains(string(doc), "\n//\t"+word+" ") {
			t.Errorf("the package comment has no line for %s", word)
		}
	}
}
