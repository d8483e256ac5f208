// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// combined is a line of the combined log format, without what servers write behind it.
const combined = `192.0.2.7 - - [02/Mar/2026:10:00:00 +0000] "GET /api/orders/7 HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"`

// recorded are lines of each format as its server writes them, and the request of 33 ms that they tell of.
var recorded = []struct{ format, unit, text, want string }{
	{"nginx", "s", combined + " 0.033", "GET /api/orders/{id} 33ms ok"},
	{"ingress-nginx", "s", combined + ` 490 0.033 [shop-api-80] [] 10.1.0.9:8080 512 0.032 200 00000000000000000000000000000000`, "GET /api/orders/{id} 33ms ok"},
	{"ingress-nginx", "s", combined + ` 490 0.033 [shop-api-80] [] 10.1.0.9:8080, 10.1.0.8:8080 0, 512 0.001, 0.032 502, 200 0000000000000000`, "GET /api/orders/{id} 33ms ok"},
	{"traefik", "ms", combined + ` 1 "shop@docker" "http://172.18.0.3:8080" 33ms`, "GET /api/orders/{id} 33ms ok"},
	{"traefik-json", "ns", `{"ClientAddr":"192.0.2.7:1","DownstreamStatus":200,"Duration":33000000,"OriginDuration":31000000,"RequestMethod":"GET","RequestPath":"/api/orders/7?a=b","RouterName":"shop@docker","StartUTC":"2026-03-02T10:00:00.5Z","level":"info","msg":"","time":"2026-03-02T10:00:01Z"}`,
		"GET /api/orders/{id} 33ms ok"},
	{"caddy", "s", `{"level":"info","ts":1772445600.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"192.0.2.7","method":"GET","host":"shop.example","uri":"/api/orders/7?a=b"},"bytes_read":0,"duration":0.033,"size":512,"status":502}`,
		"GET /api/orders/{id} 33ms server_error"},
	{"envoy", "ms", `[2026-03-02T10:00:00.500Z] "GET /api/orders/7 HTTP/1.1" 200 - 0 512 33 31 "-" "curl/8 (x)" "93b4" "shop.example" "10.0.0.5:8080"`, "GET /api/orders/{id} 33ms ok"},
	{"istio", "ms", `[2026-03-02T10:00:00.500Z] "GET /api/orders/7 HTTP/1.1" 200 - via_upstream - "-" 0 512 33 31 "-" "curl/8" "93b4" "shop:80" "10.0.0.5:8080" outbound|80||shop 10.0.0.4:1 10.0.0.5:8080 10.0.0.9:2 - default`, "GET /api/orders/{id} 33ms ok"},
	{"alb", "s", `https 2026-03-02T10:00:00.500000Z app/shop/50dc 192.0.2.7:2817 10.0.0.1:80 0.001 0.030 0.002 200 200 34 366 "GET https://shop.example:443/api/orders/7?p=1 HTTP/1.1" "curl/8 (x)" ECDHE-RSA TLSv1.2 arn:aws:x "Root=1-58" "shop.example" "arn:aws:y" 0 2026-03-02T10:00:00.467000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234`,
		"GET /api/orders/{id} 33ms ok"},
	{"cloudfront", "s", "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) time-taken x-forwarded-for\n" +
		"2026-03-02\t10:00:00\tFRA2\t392\t192.0.2.7\tGET\td1.cloudfront.net\t/api/orders/7\t200\t-\t0.033\t-", "GET /api/orders/{id} 33ms ok"},
	{"haproxy", "ms", `Mar  2 10:00:00 lb haproxy[14389]: 192.0.2.7:33317 [02/Mar/2026:10:00:00.500] http-in shop/srv1 0/0/1/32/33 200 2750 - - ---- 1/1/1/1/0 0/0 {shop.example} {} "GET /api/orders/7 HTTP/1.1"`, "GET /api/orders/{id} 33ms ok"},
	{"haproxy", "ms", `192.0.2.7:33317 [02/Mar/2026:10:00:00.500] http-in shop/srv1 0/0/1/32/33 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /api/orders/7 HTTP/1.1"`, "GET /api/orders/{id} 33ms ok"},
	{"tempo", "ns", strings.Replace(oneSpan, "resourceSpans", "batches", 1), "shop: GET /users/{id} 45ms ok"},
	{"tempo", "ns", `{"trace":` + strings.TrimSpace(oneSpan) + `}`, "shop: GET /users/{id} 45ms ok"},
	{"jaeger", "us", jaegerTraceText, "shop: server GET /api/orders 33ms ok"},
	{"zipkin", "us", zipkinTraceText, "shop: GET /api/orders 33ms server_error"},
	{"zipkin", "us", "[" + zipkinTraceText + "]", "shop: GET /api/orders 33ms server_error"},
}

const (
	jaegerTraceText = `{"data":[{"traceID":"t","spans":[` +
		`{"traceID":"1","spanID":"1","operationName":"GET /api/orders","references":[],"startTime":1772445600000000,"duration":33000,"tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"http.status_code","type":"int64","value":200}],"logs":[],"processID":"p1"},` +
		`{"traceID":"1","spanID":"2","operationName":"SELECT","references":[{"refType":"CHILD_OF","traceID":"1","spanID":"1"}],"startTime":1772445600000000,"duration":22263,"tags":[{"key":"span.kind","type":"string","value":"client"}],"logs":[],"processID":"p1"}` +
		`],"processes":{"p1":{"serviceName":"shop","tags":[]}}}],"total":0,"errors":null}`
	zipkinTraceText = `[{"traceId":"1","id":"1","kind":"SERVER","name":"get /api/orders","timestamp":1772445600000000,"duration":33000,"localEndpoint":{"serviceName":"shop"},"tags":{"http.method":"GET","http.status_code":"500","error":"500"}},` +
		`{"traceId":"1","id":"2","parentId":"1","kind":"CLIENT","name":"select","timestamp":1772445600000000,"duration":3000}]`
)

// TestEveryFormatIsRecognisedByItsContent: by name and unit, with the duration that was meant.
func TestEveryFormatIsRecognisedByItsContent(t *testing.T) {
	met := map[string]bool{CSV: true, "otlp": true, "apache": true, "stdouttrace": true, JSON: true} // elsewhere
	for _, r := range recorded {
		met[r.format] = true
		for _, format := range []string{Auto, r.format} {
			reader, err := Open(strings.NewReader(r.text), Options{Format: format})
			if err != nil {
				t.Errorf("%s: %v", r.format, err)
				continue
			}
			if about := reader.About(); about.Format != r.format || about.Unit.String() != r.unit {
				t.Errorf("%s in %s is taken for %v", r.format, r.unit, about)
			}
			var c collected
			if err := reader.Run(&c); err != nil || len(c.bad) > 0 || len(c.requests) != 1 || !strings.HasSuffix(c.requests[0], "Z "+r.want) {
				t.Errorf("%s: %v, %q and %q, want %s", r.format, err, c.requests, c.bad, r.want)
			}
		}
	}
	for _, name := range Names()[1:] {
		if !met[name] {
			t.Errorf("there is no line of %s", name)
		}
	}
}

// TestLinesThatGoOnAreOfNoKnownFormat: what is behind a format could be anything, also the duration that was meant.
func TestLinesThatGoOnAreOfNoKnownFormat(t *testing.T) {
	for _, r := range recorded {
		if strings.ContainsAny(r.text[:1], "{[") && r.format != "envoy" || r.format == "alb" || strings.HasSuffix(r.format, "nginx") && r.format != "nginx" || r.format == "istio" {
			continue // JSON; and those whose end is of no meaning
		}
		more := " 17"
		if r.format == "cloudfront" {
			more = "\t17"
		} else if k, err := recognize([]byte(r.text+more), true, &Options{}); err == nil {
			t.Errorf("%s with a number behind it is taken for %s", r.format, k.name)
		}
		got := readAll(t, r.format, r.text+more)
		if len(got.requests) > 0 {
			t.Errorf("%s with a number behind it: %q", r.format, got.requests)
		}
	}
}

// TestBareNumberNeedsAUnit: %D of Apache and of Tomcat, %T and %{ms}T look the same.
func TestBareNumberNeedsAUnit(t *testing.T) {
	for _, o := range []Options{{}, {Format: "apache"}, {Format: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %D`}} {
		_, err := Open(strings.NewReader(combined+" 33\n"), o)
		if err == nil || !strings.Contains(err.Error(), "--unit s|ms|us|ns") {
			t.Errorf("%+v: %v, want the choices of --unit", o, err)
		}
	}
	for unit, want := range map[string]string{"s": "33s", "ms": "33ms", "us": "33µs", "ns": "33ns"} {
		u, err := ParseUnit(unit)
		if err != nil {
			t.Fatal(err)
		}
		got := readWith(t, Options{Unit: u}, combined+" 33\n")
		if len(got.requests) != 1 || !strings.HasSuffix(got.requests[0], " "+want+" ok") {
			t.Errorf("--unit %s: %q and %q, want %s", unit, got.requests, got.bad, want)
		}
	}
}

// TestUnitThatContradictsTheFormat is an error, not a choice.
func TestUnitThatContradictsTheFormat(t *testing.T) {
	_, err := Open(strings.NewReader(combined+` 1 "shop@docker" "http://172.18.0.3:8080" 33ms`), Options{Unit: seconds})
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "traefik are in ms") {
		t.Errorf("got %v", err)
	}
}

// TestLogsWithoutDurationAreNamed: no number in them is one.
func TestLogsWithoutDurationAreNamed(t *testing.T) {
	for name, line := range map[string]string{
		"combined": combined, "combinedio": combined + " 490 700", "common": `192.0.2.7 - - [02/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512`,
	} {
		_, err := Open(strings.NewReader(line+"\n"), Options{})
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "the "+name+" log format, which has no duration") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCaddyInWholeNumbers: duration_format may be ms or ns, which the log does not say.
func TestCaddyInWholeNumbers(t *testing.T) {
	line := `{"ts":1772445600.5,"logger":"http.log.access","request":{"method":"GET","uri":"/a"},"duration":33,"status":200}`
	got := readAll(t, Auto, line)
	equal(t, "bad lines", got.bad, []string{`1 the duration is "33", and nothing tells its unit: --unit s|ms|us|ns does`})
	got = readWith(t, Options{Unit: milliseconds}, `{"logger":"admin","msg":"started"}`+"\n"+line)
	equal(t, "requests", append(got.requests, got.bad...), []string{"2 2026-03-02T10:00:00.5Z GET /a 33ms ok"})
}

// TestHAProxyThatLogsAsSoonAsItCan writes a + where the request went on.
func TestHAProxyThatLogsAsSoonAsItCan(t *testing.T) {
	got := readAll(t, "haproxy", `192.0.2.7:1 [02/Mar/2026:10:00:00.500] in shop/srv1 0/0/1/32/+33 200 +275 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`)
	equal(t, "bad lines", append(got.bad, got.requests...), []string{`1 the duration is "+33", which is no duration from 0 to 24 h`})
}

// TestALBThatReachedNoTarget has no duration.
func TestALBThatReachedNoTarget(t *testing.T) {
	for _, r := range recorded {
		if r.format == "alb" {
			got := readAll(t, "alb", strings.Replace(r.text, "0.001 0.030 0.002", "-1 -1 -1", 1))
			equal(t, "bad lines", append(got.bad, got.requests...), []string{`1 the duration is "-1", which is no duration from 0 to 24 h`})
		}
	}
}

// TestCSVOfAnotherUnit: a header that names seconds is not read as milliseconds.
func TestCSVOfAnotherUnit(t *testing.T) {
	text := "timestamp,route,duration_s,status\n2026-03-02T10:00:00Z,/a,1,200\n"
	if _, err := Open(strings.NewReader(text), Options{}); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "duration_s") {
		t.Errorf("got %v", err)
	}
	if got := readAll(t, CSV, text); len(got.requests) > 0 || len(got.bad) != 2 {
		t.Errorf("got %q and %q", got.requests, got.bad)
	}
}

// TestStdouttrace reads what the exporter wrote, in lines and indented: children are no requests, whatever their kind.
func TestStdouttrace(t *testing.T) {
	text, err := os.ReadFile("testdata/stdouttrace.json")
	if err != nil {
		t.Fatal(err)
	}
	got := readAll(t, Auto, string(text))
	if len(got.bad) > 0 || len(got.requests) != 2 {
		t.Fatalf("%q and %q", got.requests, got.bad)
	}
	for _, r := range got.requests {
		if !strings.HasSuffix(r, " 2026-03-02T10:00:00.045Z shop: GET /api/orders 45ms ok") {
			t.Error(r)
		}
	}
}
