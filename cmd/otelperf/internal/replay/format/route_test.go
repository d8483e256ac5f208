// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"strings"
	"testing"
)

func TestAppendRoute(t *testing.T) {
	tests := []struct{ path, want string }{
		{"/", "/"},
		{"/users", "/users"},
		{"/users/42", "/users/{id}"},
		{"/users/42/orders/7/", "/users/{id}/orders/{id}/"},
		{"/v1/users", "/v1/users"},
		{"/a?b=c/42", "/a"},
		{"/a#42", "/a"},
		{"/a;jsessionid=42", "/a"},
		{"//a", "//a"},
		{"/o/0b6e7a3c-9a53-4a6e-9c9e-0d6f5f1f2a3b", "/o/{id}"},
		{"/o/0b6e7a3c9a53-4a6e-9c9e-0d6f5f1f2a3bx", "/o/0b6e7a3c9a53-4a6e-9c9e-0d6f5f1f2a3bx"},
		{"/commit/deadbee5", "/commit/{id}"},
		{"/facade/deadbeef", "/facade/deadbeef"}, // words
		{"/file/cafe12", "/file/cafe12"},
		{"/t/V1StGXR8_Z5jdHi6B-myT", "/t/{id}"},
		{"/js/bootstrap-4.3.1.Bundle.min.js", "/js/bootstrap-4.3.1.Bundle.min.js"},
		{"/x/" + strings.Repeat("é", 40), "/x/{id}"},
		{"/1/2/3/4/5/6/7/8/9/10", strings.Repeat("/{id}", 8) + "/{rest}"},
		{"", "(unmatched)"},
		{"*", "(unmatched)"},
		{"users/42", "(unmatched)"},
	}
	for _, tt := range tests {
		if got := string(AppendRoute(nil, []byte(tt.path))); got != tt.want {
			t.Errorf("%q is %q, want %q", tt.path, got, tt.want)
		}
	}
}

func FuzzAppendRoute(f *testing.F) {
	f.Add([]byte("/users/42?x"))
	f.Add([]byte("/a//{id}/0123456789abcdef"))
	f.Fuzz(func(t *testing.T, path []byte) {
		once := AppendRoute(nil, path)
		if len(once) == 0 || len(once) > (maxSegments+1)*65 {
			t.Fatalf("%q is %q, %d bytes", path, once, len(once))
		}
		if twice := AppendRoute(nil, once); once[0] == '/' && !bytes.Equal(twice, once) {
			t.Fatalf("%q is %q, and that %q", path, once, twice)
		}
	})
}
