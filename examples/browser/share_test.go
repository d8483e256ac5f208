// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// catchScript has the page keep what it would save: the names and the bodies of the files.
const catchScript = `window.files = [];
const make = URL.createObjectURL;
URL.createObjectURL = (blob) => { window.blob = blob; return make.call(URL, blob); };
HTMLAnchorElement.prototype.click = function () { if (this.download) blob.text().then((body) => files.push([this.download, body])); };`

// file downloads a part in the open dialog, and returns its name and its text.
func (tb *tab) file(part, kind string) (name, body string) {
	tb.t.Helper()
	value[any](tb, `files.length = 0`)
	tb.click(fmt.Sprintf(`[...document.querySelectorAll("#downloads button")].find((b) => b.ariaLabel === %q)`, kind+": "+part))
	tb.until(`files.length === 1`)
	f := value[[2]string](tb, `files[0]`)
	return f[0], f[1]
}

// A link to what is seen shows the same numbers later, says that it is frozen, leaves out what is of now, and leads back to what happens.
func TestShareFreezesWhatIsSeen(t *testing.T) {
	s := newSite(t)
	id := s.some()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base + "#q=kind"))
	tb.until(row("/kind3"))
	tb.until(`document.querySelector("#chart svg")`)
	tb.until(`[...document.querySelectorAll("#endpoints tbody tr")].length === 6`)
	tb.press(escapeKey, 's')
	tb.until(`document.getElementById("share").open`)
	link := value[string](tb, `document.getElementById("share-link").href`)
	var from, to int64
	if _, err := fmt.Sscanf(link, s.base+"#from=%d&to=%d&q=kind", &from, &to); err != nil || from%60 != 0 || to%60 != 0 || to <= from || to < time.Now().Unix()-60 {
		t.Errorf("the link is %s: %v", link, err)
	}
	tb.click(`document.getElementById("share-live")`)
	tb.until(`document.getElementById("share-link").href === ` + quoted(s.base+"#q=kind"))

	frozen := newTab(t)
	frozen.do(chromedp.Navigate(link))
	frozen.until(`!document.getElementById("frozen").hidden && /^\d+ .*, \d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/.test(document.getElementById("frozen-period").textContent)`)
	frozen.until(row("/kind3"))
	frozen.until(`document.getElementById("link-text").textContent === "frozen" && document.getElementById("headline").textContent === "No incident then"`)
	frozen.until(`document.querySelector("#chart svg") && !document.getElementById("diagnostics-title").checkVisibility() && !document.getElementById("active-title").checkVisibility()`)
	rate := `[...document.querySelectorAll("#figures dd")].map((d) => d.textContent).join()`
	before := value[string](frozen, rate)
	for range 500 {
		s.send(request{route: "/kind3", path: "/kind", took: time.Second / 10})
	}
	end := time.Now().Truncate(10 * time.Second).Add(10 * time.Second) // whole steps are counted
	time.Sleep(time.Until(end.Add(time.Second)))                       // longer than the late request takes
	s.send(request{route: "/late", path: "/late", took: time.Second / 2, failure: "late"})
	tb.click(`document.querySelector("#share [data-close]")`)
	value[any](tb, `location.hash = ""`)
	tb.until(row("/late"))
	if after := value[string](frozen, rate); after != before {
		t.Errorf("figures were %s, and are %s", before, after)
	}
	if frozen.asked("/ops/x/stream") {
		t.Error("a frozen page reads the stream")
	}
	frozen.do(chromedp.Navigate("about:blank"), chromedp.Navigate(fmt.Sprintf("%s#from=%d&to=%d", s.base, from, end.Unix())))
	frozen.until(row("/kind3"))
	frozen.until(`document.getElementById("slow").textContent.includes("/orders/{id}") && document.title.startsWith("Frozen") && !document.getElementById("identity").textContent.includes("up ")`)
	if value[bool](frozen, `document.getElementById("slow").textContent.includes("/late")`) {
		t.Error("a request that came later is in the list")
	}
	frozen.press('l')
	frozen.until(live + ` && document.getElementById("frozen").hidden && !location.hash.includes("from") && document.getElementById("diagnostics-title").checkVisibility()`)
	frozen.until(row("/late"))
	value[any](frozen, `history.back()`)
	frozen.until(fmt.Sprintf(`!document.getElementById("frozen").hidden && location.hash.includes("to=%d")`, end.Unix()))
	frozen.until(`document.getElementById("frozen").textContent.includes("spikes are of then") && !document.getElementById("slow").textContent.includes("/late")`)
	if n := value[int](frozen, `[...document.querySelectorAll("button")].filter((b) => b.checkVisibility() && /^(go live|back to now)$/i.test(b.textContent.trim())).length`); n != 1 {
		t.Errorf("%d buttons lead to what happens, want one", n)
	}
	value[any](frozen, `history.forward()`)
	frozen.until(live + ` && document.getElementById("frozen").hidden`)
	frozen.until(row("/late"))
	value[any](frozen, fmt.Sprintf(`location.hash = "from=%d&to=%d"`, from, to))
	frozen.until(`!document.getElementById("frozen").hidden`)
	frozen.click(`document.querySelector('#windows label:has(input[value="1h"])')`)
	frozen.until(live + ` && location.hash.includes("window=1h") && !location.hash.includes("from")`)
	frozen.quiet(s.base)
	tb.quiet(s.base)

	none := newTab(t) // long ago
	none.do(chromedp.Navigate(s.base + "#from=1000&to=2000&endpoint=GET+/items&trace=" + id))
	none.until(`document.getElementById("headline").textContent === "Nothing of that time is stored"`)
	none.until(`/^Stored is what was from \d+ \S+, \d\d:\d\d:\d\d on, /.test(document.getElementById("headline-detail").textContent)`)
	none.until(`document.getElementById("chart").textContent.startsWith("Nothing of that time is stored: ") && document.querySelector("#trace[open] .waterfall")`)
	if text := value[string](none, `document.body.innerText`); unixSeconds.MatchString(text) {
		t.Errorf("a reader sees %s", unixSeconds.FindString(text))
	}
	none.quiet(s.base)
}

// unixSeconds are of these years.
var unixSeconds = regexp.MustCompile(`\b(1[5-9]|2\d|99)\d{8}\b`)

func quoted(text string) string {
	q, err := json.Marshal(text)
	if err != nil {
		panic(err) // text is
	}
	return string(q)
}

// What is shown can be saved, in its order and as it is searched, as CSV and as JSON, and no name of a client becomes a formula.
func TestDownloadsAreWhatIsSeen(t *testing.T) {
	s := newSite(t)
	names := []string{`/=HYPERLINK("http://evil.test","x")`, "/+1", `/a,b";"c`, "/two\r\n=1+1"}
	for _, name := range names {
		s.send(request{route: name, path: name, took: 2 * time.Second, failure: "=cmd|' /C calc'!A0"})
	}
	s.some()
	tb := newTab(t)
	tb.before(catchScript)
	tb.do(chromedp.Navigate(s.base + "#order=-rate&q=k"))
	tb.until(row("/kind3"))
	tb.until(`document.querySelector("#errors tbody tr") && document.querySelector("#chart svg")`)
	tb.click(`document.getElementById("share-open")`)
	tb.until(`document.querySelectorAll("#downloads tr").length >= 4`)
	title := value[string](tb, `document.querySelector("#endpoints caption").textContent`)
	name, body := tb.file(title, "JSON")
	var doc struct {
		Service, Link string
		Endpoints     []struct{ Route string }
	}
	must(t, json.Unmarshal([]byte(body), &doc))
	shown := value[[]string](tb, `[...document.querySelectorAll("#endpoints tbody tr")].map((tr) => tr.querySelector("button").title.replace("GET ", ""))`)
	if doc.Service != "shop" || !strings.HasPrefix(name, "shop-endpoints-") || !strings.HasSuffix(name, ".json") || !strings.Contains(doc.Link, "from=") || len(doc.Endpoints) != len(shown) || len(shown) == 0 {
		t.Fatalf("%s is of %q, has %d rows of %d, and leads to %s", name, doc.Service, len(doc.Endpoints), len(shown), doc.Link)
	}
	for i, e := range doc.Endpoints {
		if e.Route != shown[i] {
			t.Errorf("row %d is %s, shown is %s", i, e.Route, shown[i])
		}
	}
	_, body = tb.file(title, "CSV")
	if rows := records(t, body); len(rows) != len(shown)+1 || rows[1][column(t, rows, "route")] != shown[0] || rows[1][column(t, rows, "p99_ms")] == "" {
		t.Errorf("the CSV is %q", body)
	}
	for _, row := range records(t, second(tb.file(value[string](tb, `document.querySelector("#errors caption").textContent`), "CSV"))) {
		for _, field := range row {
			if strings.ContainsAny(strings.TrimSpace(field)[:min(1, len(strings.TrimSpace(field)))], "=+-@") {
				t.Errorf("a formula: %q", field)
			}
		}
	}
	got := value[string](tb, `import("./page/csv.js").then(({ csv }) => csv([{ a: "=1", n: -1.5, x: null }, { a: "\t@x", b: "q\"q\r\n=1", o: [1, "="] }, { a: "\uff1d1", n: 2 }, { a: "plain" }, { a: "\u001b[31m=1\u202e\r2\u0007\u0085" }]))`)
	want := "\ufeff\"a\",\"n\",\"x\",\"b\",\"o\"\r\n\"'=1\",-1.5,,,\r\n\"'\u2409@x\",,,\"q\"\"q\r\n=1\",\"[1,\"\"=\"\"]\"\r\n\"'\uff1d1\",2,,,\r\n\"plain\",,,,\r\n\"\u241b[31m=1\ufffd\n2\u2407\ufffd\",,,,\r\n"
	if got != want {
		t.Errorf("CSV is %q, want %q", got, want)
	}
	tb.quiet(s.base)
}

func second(_, body string) string { return body }

// records reads CSV by RFC 4180: lines that end with CR LF, all as long as the first.
func records(t *testing.T, body string) [][]string {
	t.Helper()
	if !strings.HasSuffix(body, "\r\n") {
		t.Errorf("the last line has no end: %q", body)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	must(t, err)
	return rows
}

func column(t *testing.T, rows [][]string, name string) int {
	t.Helper()
	for i, n := range rows[0] {
		if n == name {
			return i
		}
	}
	t.Fatalf("there is no column %s: %q", name, rows[0])
	return 0
}
