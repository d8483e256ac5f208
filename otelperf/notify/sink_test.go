// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// events are what a webhook's receiver has got with a given answer, as "id event reason".
func events(t *testing.T, all []posted) (list []string) {
	t.Helper()
	for _, p := range all {
		var body payload
		if err := json.Unmarshal([]byte(p.body), &body); err != nil {
			t.Fatalf("%v in %s", err, p.body)
		}
		list = append(list, body.ID+" "+body.Event)
	}
	return list
}

// A sink that is down for ten minutes gets the newest state of each incident once: what began and ended meanwhile as its end, what grew as its
// beginning, and the end of what it knew.
func TestSinkThatIsDownForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		down := func(now time.Time) bool {
			return now.Sub(began) > 10*time.Second && now.Sub(began) < 10*time.Minute+10*time.Second
		}
		accepted := 0
		r := &receiver{}
		r.answer = func(int) int {
			if down(time.Now()) {
				return 0
			}
			accepted++
			return http.StatusOK
		}
		n := through(newNotifier(t, Webhook("https://hooks.example.com/x", SecretText("key"))), r)
		n.Notify(notice("firing", "a"))
		time.Sleep(time.Minute)
		n.Notify(notice("update", "a"))
		n.Notify(notice("firing", "b"))
		n.Notify(notice("firing", "c"))
		time.Sleep(time.Minute)
		n.Notify(notice("update", "b"))
		n.Notify(notice("update", "b"))
		n.Notify(notice("resolved", "a"))
		n.Notify(notice("resolved", "c"))
		synctest.Wait()
		if st := n.Status()[0]; st.Waiting != 3 || st.Trouble == "" || st.Retried == 0 {
			t.Errorf("while it is down: %+v, want 3 that wait, and the trouble", st)
		}
		time.Sleep(12 * time.Minute)
		all := r.got()
		if tries := len(all) - accepted; tries < 10 || tries > 60 {
			t.Errorf("%d tries in ten minutes, want about 20", tries)
		}
		got := strings.Join(events(t, all[len(all)-accepted+1:]), ", ") // the first one came before
		for _, want := range []string{"a resolved", "b firing", "c resolved"} {
			if strings.Count(got, want) != 1 {
				t.Errorf("it got %q afterwards, want %q once", got, want)
			}
		}
		st := n.Status()[0]
		if accepted != 4 || st.Delivered != 4 || st.Failed+st.Dropped != 0 || st.Waiting != 0 || st.Trouble != "" {
			t.Errorf("%d accepted, %+v; want 4", accepted, st)
		}
		if err := n.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What is refused is not tried again, what is never answered is given up after its time, and both are counted.
func TestWhatIsNotDelivered(t *testing.T) {
	for _, tt := range []struct {
		answer      int
		least, most int // requests
		failed      uint64
	}{{400, 1, 1, 1}, {404, 1, 1, 1}, {302, 1, 1, 1}, {500, 10, 100, 1}, {429, 10, 100, 1}, {408, 10, 100, 1}, {0, 10, 100, 1}} {
		synctest.Test(t, func(t *testing.T) {
			r := &receiver{answer: func(int) int { return tt.answer }}
			n := through(newNotifier(t, Webhook("https://hooks.example.com/x", SecretText("key"), WithRetryFor(10*time.Minute))), r)
			n.Notify(notice("firing", "a"))
			time.Sleep(time.Hour)
			st, requests := n.Status()[0], len(r.got())
			if requests < tt.least || requests > tt.most || st.Failed != tt.failed || st.Waiting != 0 || st.Trouble == "" || st.Retried != uint64(requests-1) {
				t.Errorf("answer %d: %d requests, %+v", tt.answer, requests, st)
			}
			n.Notify(notice("resolved", "a")) // of which nobody has heard
			time.Sleep(time.Minute)
			if len(r.got()) != requests {
				t.Errorf("answer %d: the end of what nobody has heard of was sent", tt.answer)
			}
			if err := n.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, second := time.Now(), time.Time{}
		r := &receiver{header: map[string]string{"Retry-After": "120"}, answer: func(n int) int {
			if n == 1 {
				return http.StatusTooManyRequests
			}
			second = time.Now()
			return http.StatusAccepted
		}}
		n := through(newNotifier(t, Webhook("https://hooks.example.com/x", SecretText("key"))), r)
		n.Notify(notice("firing", "a"))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if waited := second.Sub(began); waited < 2*time.Minute || waited > 121*time.Second {
			t.Errorf("the second try came after %v, want 2m", waited)
		}
		_ = n.Shutdown(t.Context())
	})
}

// News of an incident comes at most once a minute, its end at once; what is begun and ends while its message is on its way is told in order.
func TestUpdatesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		n := through(newNotifier(t, Webhook("https://hooks.example.com/x", SecretText("key"))), r)
		n.Notify(notice("firing", "a"))
		for range 20 {
			time.Sleep(10 * time.Second)
			n.Notify(notice("update", "a"))
		}
		n.Notify(notice("resolved", "a"))
		synctest.Wait()
		n.Notify(notice("firing", "a")) // it has come back
		synctest.Wait()
		if got, want := strings.Join(events(t, r.got()), ", "), "a firing, a update, a update, a update, a resolved, a firing"; got != want {
			t.Errorf("it got %s; want %s", got, want)
		}
		_ = n.Shutdown(t.Context())
	})
}

// After a restart what goes on is not told again, and its end is.
func TestRestartTellsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		n := through(newNotifier(t, Webhook("https://hooks.example.com/x", SecretText("key"))), r)
		n.Notify(notice("open", "a"))
		n.Notify(notice("open", "a"))
		time.Sleep(time.Hour)
		if len(r.got()) != 0 {
			t.Errorf("it was told %v", events(t, r.got()))
		}
		n.Notify(notice("resolved", "a"))
		n.Notify(notice("resolved", "b")) // of which nobody has heard
		if err := n.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Join(events(t, r.got()), ", "); got != "a resolved" {
			t.Errorf("it was told %q, want the end", got)
		}
	})
}

// The queue is bounded, and what it has no room for is counted.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answer: func(int) int { return 0 }}
		n := through(newNotifier(t, Webhook("https://hooks.example.com/x", SecretText("key"))), r)
		for i := range 1000 {
			n.Notify(notice("firing", fmt.Sprint(i)))
		}
		synctest.Wait()
		if st := n.Status()[0]; st.Waiting > maxIncidents || st.Dropped+uint64(st.Waiting) != 1000 {
			t.Errorf("%d wait and %d are dropped, want 1000 together and at most %d", st.Waiting, st.Dropped, maxIncidents)
		}
		big := notice("firing", "big")
		big.Spike.Reason = strings.Repeat("x", maxBytes)
		before := n.Status()[0].Dropped
		n.Notify(big)
		if st := n.Status()[0]; st.Dropped <= before {
			t.Errorf("a message of %d bytes was queued", maxBytes)
		}
		_ = n.Shutdown(t.Context())
	})
}

// A sink that hangs holds up no other, and Shutdown no longer than its context; then no goroutine is left.
func TestSinkThatHangs(t *testing.T) {
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(func() { close(hang); slow.Close() })
	r := &receiver{}
	n := newNotifier(t, Webhook(slow.URL, SecretText("key")), Webhook(serve(t, r), SecretText("key")))
	for i := range 20 {
		n.Notify(notice("firing", fmt.Sprint(i)))
	}
	testrig.Eventually(t, "the other sink to get all", func() bool { return len(r.got()) == 20 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := n.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v, want that its context was over", err)
	}
	if err := n.Shutdown(t.Context()); err != nil {
		t.Errorf("a second Shutdown: %v", err)
	}
	n.Notify(notice("firing", "late"))
	if st := n.Status(); st[0].Failed == 0 || st[1].Dropped != 1 {
		t.Errorf("%+v: want what was not delivered counted", st)
	}
}
