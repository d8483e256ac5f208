// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// Bounds of an answer.
const (
	maxBody   = 24 << 10 // bytes of the JSON
	maxText   = 8 << 10  // bytes of the text
	maxString = 600      // characters of one text in it
)

// tidy makes every text in *v one line of at most maxString characters without control characters, and rounds numbers to four digits and
// times to milliseconds.
func tidy(v any) { tidyValue(reflect.ValueOf(v)) }

func tidyValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			tidyValue(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC().Truncate(time.Millisecond)))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() || f.Anonymous {
				tidyValue(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			tidyValue(v.Index(i))
		}
	case reflect.Map: // of texts
		for _, key := range v.MapKeys() {
			v.SetMapIndex(key, reflect.ValueOf(line(v.MapIndex(key).String())))
		}
	case reflect.String:
		v.SetString(line(v.String()))
	case reflect.Float64:
		v.SetFloat(rounded(v.Float()))
	}
}

func line(s string) string { return plain.Clip(s, maxString) }

// lines is line for each line of a text.
func lines(s string) string {
	parts := strings.Split(s, "\n")
	for i := range parts {
		parts[i] = line(parts[i])
	}
	return bound(strings.Join(parts, "\n"), maxText)
}

func rounded(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	if err != nil {
		return x // 1.7976e308 is rounded to what is no number
	}
	return short
}

// bound cuts a text to n bytes after its last whole line, and says so.
func bound(s string, n int) string {
	const cut = "(the rest is in the structured answer, or left out)\n"
	if len(s) <= n {
		return s
	}
	s = s[:n-len(cut)]
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[:i+1]
	}
	return strings.ToValidUTF8(s, "") + cut
}

// fit writes an answer as JSON of at most maxBody bytes: as long as it is larger, half of its largest list is left out.
func fit(a answer) ([]byte, error) {
	dropped := map[string]int{}
	for {
		body, err := json.Marshal(a)
		if err != nil || len(body) <= maxBody {
			return body, err
		}
		list, name := largest(reflect.ValueOf(a).Elem(), "")
		if !list.IsValid() {
			return nil, fmt.Errorf("the answer has %d bytes, and no list to be cut", len(body))
		}
		keep := list.Len() / 2
		dropped[name] += list.Len() - keep
		list.Set(list.Slice(0, keep))
		note := fmt.Sprintf("the last %d of %s, since an answer has at most %d KiB: ask for less", dropped[name], name, maxBody>>10)
		a.end().replaceNote(name, note)
	}
}

// largest is the list below v whose JSON is the largest, with its name, and not what says what was left out.
func largest(v reflect.Value, name string) (list reflect.Value, listName string) {
	most := 0
	consider := func(l reflect.Value, n string) {
		if !l.IsValid() {
			return
		}
		if body, err := json.Marshal(l.Interface()); err == nil && len(body) > most {
			list, listName, most = l, n, len(body)
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Type == reflect.TypeFor[ending]() {
				continue
			}
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			consider(largest(v.Field(i), tag))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return largest(v.Elem(), name)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return list, ""
		}
		if v.Len() > 1 { // one row is cut within
			return v, name
		}
		if list, listName = largest(v.Index(0), name); list.IsValid() {
			return list, listName
		}
		return v, name
	}
	return list, listName
}
