// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// TestThrownBy: what SDKs and instrumentations say of an error in an exception, in a status and in attributes; where that differs, all of it
// is kept.
func TestThrownBy(t *testing.T) {
	for _, tt := range []struct {
		about                                     string
		exceptionType, exception, status, errType string
		want                                      failure
	}{
		{"pg for Node, 2024", "", "", `relation "nowhere" does not exist`, "", failure{"", `relation "nowhere" does not exist`}},
		{
			"pg for Node, 2026", "", "PostgreSQL error of type 'DatabaseError' occurred (code: 42P01)", `relation "nowhere" does not exist`, "42P01",
			failure{"42P01", `relation "nowhere" does not exist: PostgreSQL error of type 'DatabaseError' occurred (code: 42P01)`},
		},
		{"Python", "sqlalchemy.exc.DataError", "out of range", "DataError: out of range", "", failure{"sqlalchemy.exc.DataError", "out of range"}},
		{"Java", "java.io.IOException", "connection reset", "", "", failure{"java.io.IOException", "connection reset"}},
		{"Go, the same twice", "*errors.errorString", "EOF", "EOF", "", failure{"*errors.errorString", "EOF"}},
		{"Go, wrapped", "*errors.errorString", "EOF", "reading the cart: EOF", "", failure{"*errors.errorString", "reading the cart: EOF"}},
		{"Go, in words of its own", "*errors.errorString", "EOF", "the cart is not read", "", failure{"*errors.errorString", "the cart is not read: EOF"}},
		{"the status is the shorter one", "E", "EOF while reading", "EOF", "", failure{"E", "EOF while reading"}},
		{"nothing", "", "", "", "", failure{}},
	} {
		sp := ptrace.NewSpan()
		sp.Status().SetMessage(tt.status)
		if tt.errType != "" {
			sp.Attributes().PutStr("error.type", tt.errType)
		}
		sp.Events().AppendEmpty().SetName("retry")
		if tt.exception != "" {
			e := sp.Events().AppendEmpty()
			e.SetName("exception")
			e.Attributes().PutStr("exception.message", tt.exception)
			if tt.exceptionType != "" {
				e.Attributes().PutStr("exception.type", tt.exceptionType)
			}
		}
		if got := thrownBy(sp); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.about, got, tt.want)
		}
	}
}
