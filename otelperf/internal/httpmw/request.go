// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"
	"reflect"
	"unsafe"
)

// handUp puts what handlers wrote on the request that went below where those above look for it: they would have got the
// same request without us. Only what has changed is written, as somebody may be reading the rest.
func handUp(got, passed *http.Request) {
	if got == passed {
		return
	}
	if passed.Form != nil {
		got.Form = passed.Form
	}
	if passed.PostForm != nil {
		got.PostForm = passed.PostForm
	}
	if passed.MultipartForm != nil {
		got.MultipartForm = passed.MultipartForm // net/http removes its files
	}
	if pathValues.known {
		pathValues.copy(got, passed)
	} else {
		setPathValues(got, passed)
	}
}

// pathFields are where http.Request has its path values. To set them with SetPathValue would allocate a map for each
// request; these are three words, checked against the type when the program starts.
type pathFields struct {
	pat, matches, other uintptr
	known               bool
}

// requestContext is where it has its context: 0 if that is not known.
var requestContext = findContext(reflect.TypeFor[http.Request]())

func findContext(t reflect.Type) uintptr {
	if f, ok := t.FieldByName("ctx"); ok && f.Type == reflect.TypeFor[context.Context]() {
		return f.Offset
	}
	return 0
}

// with is the request as it arrived, with the exchange as its context: what http.Request.WithContext does, without another allocation.
func (e *exchange) with() *http.Request {
	if requestContext == 0 {
		return e.got.WithContext(e)
	}
	e.copied = *e.got
	*field[context.Context](&e.copied, requestContext) = e
	return &e.copied
}

var pathValues = findPathFields(reflect.TypeFor[http.Request]())

func findPathFields(t reflect.Type) (p pathFields) {
	pat, ok1 := t.FieldByName("pat")
	matches, ok2 := t.FieldByName("matches")
	other, ok3 := t.FieldByName("otherValues")
	p.known = ok1 && ok2 && ok3 && pat.Type.Kind() == reflect.Pointer &&
		matches.Type == reflect.TypeFor[[]string]() && other.Type == reflect.TypeFor[map[string]string]()
	p.pat, p.matches, p.other = pat.Offset, matches.Offset, other.Offset
	return p
}

func (p *pathFields) copy(got, passed *http.Request) {
	copyField[unsafe.Pointer](got, passed, p.pat)
	to, from := field[[]string](got, p.matches), field[[]string](passed, p.matches)
	if len(*to) != len(*from) || unsafe.SliceData(*to) != unsafe.SliceData(*from) {
		*to = *from
	}
	copyField[unsafe.Pointer](got, passed, p.other) // a map is a pointer
}

func copyField[T comparable](got, passed *http.Request, offset uintptr) {
	if to, from := field[T](got, offset), field[T](passed, offset); *to != *from {
		*to = *from
	}
}

func field[T any](r *http.Request, offset uintptr) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(r), offset))
}

// setPathValues does it through the methods of http.Request, for versions with other fields.
func setPathValues(got, passed *http.Request) {
	for rest := passed.Pattern; ; {
		name, after, ok := nextWildcard(rest)
		if !ok {
			return
		}
		if v := passed.PathValue(name); v != got.PathValue(name) {
			got.SetPathValue(name, v)
		}
		rest = after
	}
}
