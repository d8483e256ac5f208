// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	installed "github.com/otelperf/otelperf-go/examples/internal/chromium"
	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// theBrowser is started by the first test that needs it, and ended by TestMain.
var theBrowser struct {
	once sync.Once
	ctx  context.Context
	end  context.CancelFunc
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if theBrowser.end != nil {
		theBrowser.end()
	}
	os.Exit(code)
}

// tab is a tab of its own in the browser, with all that it reported.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	messages []string // errors and warnings of the console, exceptions, violations of the policy
	requests []string // URLs
}

// newTab opens a tab. The test is skipped if there is no browser.
func newTab(t *testing.T) *tab {
	t.Helper()
	b := &theBrowser
	b.once.Do(func() {
		dir, err := os.MkdirTemp("", "otelperf-browser-")
		if err != nil {
			b.err = err
			return
		}
		ctx, end, err := chromium.Start(context.Background(), dir)
		b.ctx, b.err = ctx, err
		b.end = func() {
			if end != nil {
				end()
			}
			_ = os.RemoveAll(dir)
		}
	})
	if errors.Is(b.err, installed.ErrMissing) {
		exampletest.Missing(t, exampletest.Chromium, b.err.Error())
	}
	must(t, b.err)
	ctx, cancel := chromium.Tab(b.ctx)
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 4*exampletest.Patience)
	t.Cleanup(cancelTime)
	tb := &tab{t: t, ctx: ctx}
	tb.watch()
	tb.do(chromium.View(1280, 900, 1, "light"))
	return tb
}

// watch records what goes wrong in the page, and what it asks for.
func (tb *tab) watch() {
	tb.t.Helper()
	must(tb.t, chromedp.Listen(tb.ctx, tb.note))
	_, err := chromedp.Call(tb.ctx, network.Enable, network.EnableParams{})
	must(tb.t, err)
	_, err = chromedp.Call(tb.ctx, audits.Enable, cdp.Empty{})
	must(tb.t, err)
	tb.before(`addEventListener("securitypolicyviolation", (e) => console.error("violates " + e.violatedDirective + ": " + e.blockedURI + " " + e.sample))`)
}

// before runs a script in every document, before its own.
func (tb *tab) before(script string) {
	tb.t.Helper()
	_, err := chromedp.Call(tb.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	must(tb.t, err)
}

func (tb *tab) note(event any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tb.requests = append(tb.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		tb.requests = append(tb.requests, e.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			tb.messages = append(tb.messages, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, a := range e.Args {
				said = append(said, string(a.Value)+a.Description)
			}
			tb.messages = append(tb.messages, "console: "+strings.Join(said, " "))
		}
	case *runtime.EventExceptionThrown:
		tb.messages = append(tb.messages, "exception: "+(&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			tb.messages = append(tb.messages, "violation: "+string(e.Issue.Details.ContentSecurityPolicyIssueDetails.ViolatedDirective))
		}
	}
}

// quiet fails the test if the page had an error, broke its policy, or asked for anything beyond origin. except tells of a message that it is
// to be expected.
func (tb *tab) quiet(origin string, except ...func(message string) bool) {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, m := range tb.messages {
		if !slices.ContainsFunc(except, func(expected func(string) bool) bool { return expected(m) }) {
			tb.t.Errorf("the browser reports: %s", m)
		}
	}
	for _, url := range tb.requests {
		if url != "about:blank" && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, origin) { // data: the browser's own icons
			tb.t.Errorf("the page asked for %s, which is not below %s", url, origin)
		}
	}
	if len(tb.requests) == 0 {
		tb.t.Error("no request was seen")
	}
}

// said returns what the browser reported so far.
func (tb *tab) said() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return slices.Clone(tb.messages)
}

// asked tells whether the page asked for a URL that contains part.
func (tb *tab) asked(part string) bool {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, url := range tb.requests {
		if strings.Contains(url, part) {
			return true
		}
	}
	return false
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	must(tb.t, chromedp.Do(tb.ctx, steps...))
}

// until waits for a JavaScript expression to become true.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	if _, err := chromium.Until(tb.ctx, expression, exampletest.Patience); err != nil {
		state, _ := chromedp.Run(tb.ctx, chromedp.Evaluate[string](`location + "\n" + document.activeElement.outerHTML.slice(0, 400) + "\n" + document.body.innerText.slice(0, 1500)`))
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.t.Fatalf("%v\nmessages %q\npage %s", err, tb.messages, state)
	}
}

// click clicks, with the mouse, on the middle of the element that a JavaScript expression is, until the element has felt it: what moves
// while the page fills takes a click elsewhere.
func (tb *tab) click(element string) {
	tb.t.Helper()
	tb.until(element)
	exampletest.Eventually(tb.t, "a click on "+element, func() bool {
		at := value[[2]float64](tb, `(async (e) => {
	window.felt = false;
	e.addEventListener("click", () => { window.felt = true; }, { once: true });
	e.scrollIntoView({ block: "center" });
	await new Promise(requestAnimationFrame);
	const { x, y, width, height } = e.getBoundingClientRect();
	return [x + width / 2, y + height / 2];
})(`+element+`)`)
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			_, err := chromedp.Call(tb.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{
				Type: kind, X: at[0], Y: at[1], Button: input.MouseButtonLeft, ClickCount: 1,
			})
			must(tb.t, err)
		}
		return value[bool](tb, "window.felt")
	})
}

// button is an expression for the button that has a text.
func button(text string) string {
	return fmt.Sprintf("[...document.querySelectorAll(\"button\")].find((b) => b.textContent === %q)", text)
}

// value evaluates an expression, and waits for it if it is a promise.
func value[T any](tb *tab, expression string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	must(tb.t, err)
	return v
}

// press presses keys one after the other as a keyboard does: a key that goes down carries its character, so that a page that
// prevents the one prevents the other.
func (tb *tab) press(keys ...rune) {
	tb.t.Helper()
	for _, key := range keys {
		events := kb.Encode(key)
		down, up := events[0], events[len(events)-1]
		if len(events) == 3 {
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		}
		for _, e := range []*input.DispatchKeyEventParams{down, up} {
			_, err := chromedp.Call(tb.ctx, input.DispatchKeyEvent, *e)
			must(tb.t, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
