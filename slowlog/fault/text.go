// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a Text, in bytes.
const maxText = 1000

// Text is what a recovered panic, or an error of somebody else's code, says, as a line that can be shown: what is not printable in it becomes a
// space, no two spaces follow each other, and more than 1000 bytes are cut.
func Text(v any) string {
	text := fmt.Sprint(v)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r) }), " ")
}
