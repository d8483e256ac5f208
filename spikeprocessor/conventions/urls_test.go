// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestErrorText(t *testing.T) {
	refused := errors.New("dial tcp 127.0.0.1:1: connect: connection refused")
	for _, tt := range []struct{ in, want string }{
		{`Get "http://127.0.0.1:1/charge?token=secret": dial tcp 127.0.0.1:1: connection refused`, `Get "http://127.0.0.1:1/charge": dial tcp 127.0.0.1:1: connection refused`},
		{(&url.Error{Op: "Get", URL: `http://h/a?x="&y=secret`, Err: refused}).Error(), `Get "http://h/a": ` + refused.Error()},
		{(&url.Error{Op: "Get", URL: `http://h/a b?x=c d&y=secret`, Err: refused}).Error(), `Get "http://h/a b": ` + refused.Error()},
		{`bad upstream http://h?token=secret: EOF`, `bad upstream http://h: EOF`},
		{`(see https://h/a/b?x=secret).`, `(see https://h/a/b).`},
		{`no route for /charge?token=secret, sorry`, `no route for /charge, sorry`},
		{`'/charge?token=secret' and '/pay?token=secret'`, `'/charge' and '/pay'`},
		{`<a href="/x?token=secret">`, `<a href="/x">`},
		{`back to https://h/cb#access_token=secret`, `back to https://h/cb`},
		{`dial postgres://shop:secret@db:5432/orders?sslmode=off: EOF`, `dial postgres://db:5432/orders: EOF`},
		{`amqp://u:secret@a:1,amqp://u:secret@b:2`, `amqp://a:1,amqp://b:2`},
		{`redirect to http://h/a?to=http://u:secret@i/b?c`, `redirect to http://h/a`},
		{`cut off: "http://h/a?token=se`, `cut off: "http://h/a`},
		{`https:\/\/h\/a?token=secret`, `https:\/\/h\/a`},

		{`is there a /etc/passwd? no`, `is there a /etc/passwd? no`},
		{`SELECT a/b FROM t WHERE c = ? AND d=?`, `SELECT a/b FROM t WHERE c = ? AND d=?`},
		{`mail to a@b.example of owner/repo#12`, `mail to a@b.example of owner/repo#12`},
		{"/src/a.go:12 +0x1\n\t/src/b.go:3", "/src/a.go:12 +0x1\n\t/src/b.go:3"},
		{"can't read 'a' / \"b\" ?", "can't read 'a' / \"b\" ?"},
		{"", ""},
		{" ?/", " ?/"},
	} {
		if got := ErrorText(tt.in); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.in, got, tt.want)
		}
	}
	if got := ErrorText(strings.Repeat("\"/a?\\", 1<<20)); len(got) > maxErrorText {
		t.Errorf("%d bytes of a text without an end", len(got))
	}
	for _, same := range []string{"open /etc/hosts: permission denied", "x.org/a.f({0x1?, 0x2?}, 0x3?)\n\t/mod/x.org/a@v1.2.3/f.go:12 +0x1"} {
		if n := testing.AllocsPerRun(10, func() { ErrorText(same) }); n != 0 || ErrorText(same) != same {
			t.Errorf("%v allocations for %q, which becomes %q", n, same, ErrorText(same))
		}
	}
}

func FuzzErrorText(f *testing.F) {
	f.Add(`Get "http://u@h/a?x=\"1": EOF`)
	f.Fuzz(func(t *testing.T, s string) {
		once := ErrorText(s)
		if len(once) > len(s) {
			t.Errorf("%q became longer: %q", s, once)
		}
		if !strings.ContainsAny(s, "?#@") && len(s) <= maxErrorText && once != s {
			t.Errorf("%q became %q", s, once)
		}
	})
}
