// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// summarize looks for the operation, the first command of the statement, and its target, the name after the first
// FROM, INTO, UPDATE, TABLE or CALL that is not inside a function's parentheses.
func (w *queryWriter) summarize(t *sqllexer.Token) {
	upper := ""
	if t.Type != sqllexer.STRING {
		upper = strings.ToUpper(t.Value[:min(len(t.Value), 16)])
	}
	switch {
	case t.Value == "(":
		w.calls = append(w.calls, w.function)
		w.wantTarget = false
	case t.Value == ")" && len(w.calls) > 0:
		w.calls = w.calls[:len(w.calls)-1]
	case isName(t.Type) && w.wantTarget:
		if !isNoise(upper) {
			w.target, w.wantTarget = unquote(t.Value), false
		}
	case isName(t.Type) && w.operation == "" && len(w.out) == 0:
		w.operation = upper
	case t.Type == sqllexer.UNKNOWN: // a backquote, which the lexer knows in MySQL alone
	case w.opens(t.Type, upper):
		w.wantTarget = w.target == "" && !w.insideCall()
	case !isNoise(upper):
		w.wantTarget = false
	}
	w.function = t.Type == sqllexer.FUNCTION
}

// opens reports whether a target follows, and notes the operation. A WITH is not the operation: what it leads up to is.
func (w *queryWriter) opens(kind sqllexer.TokenType, upper string) bool {
	first := w.operation == ""
	isCommand := kind == sqllexer.COMMAND || kind == sqllexer.PROC_INDICATOR
	if first && (isCommand || kind == sqllexer.KEYWORD) && upper != "WITH" {
		w.operation = upper
	}
	switch upper {
	case "FROM", "INTO", "TABLE":
		return true
	case "UPDATE", "CALL", "EXEC", "EXECUTE", "TRUNCATE": // not the UPDATE of FOR UPDATE
		return first
	}
	return false
}

func (w *queryWriter) insideCall() bool {
	for _, c := range w.calls {
		if c {
			return true
		}
	}
	return false
}

func isName(t sqllexer.TokenType) bool {
	return t == sqllexer.IDENT || t == sqllexer.QUOTED_IDENT || t == sqllexer.FUNCTION
}

// isNoise reports words that may stand between an indicator and the name that it announces.
func isNoise(upper string) bool {
	switch upper {
	case "ONLY", "IF", "NOT", "EXISTS", "LATERAL", "IGNORE", "TABLE", "INTO", "LOW_PRIORITY":
		return true
	}
	return false
}

// summary is operation and target, as in "SELECT users".
func (w *queryWriter) summary() string {
	return joined(w.operation, " ", w.target)
}

var quotes = strings.NewReplacer(`"`, "", "`", "", "[", "", "]", "")

// unquote is a name without its quotes, qualified ones included.
func unquote(name string) string { return quotes.Replace(name) }
