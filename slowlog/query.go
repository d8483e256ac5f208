// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"strings"

	"github.com/DataDog/go-sqllexer"

	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// query is a statement without its literals.
type query struct {
	text    string // "SELECT * FROM users WHERE id IN (?)"; empty when nothing of it is safe to show
	summary string // "SELECT users"
}

// dialect is what has to be known to tell literals from the rest.
type dialect struct {
	lexer sqllexer.DBMSType
	// ansi: "x" is a name. Elsewhere it may be a string, and is taken for one.
	ansi bool
	// escapes: the lexer knows whether a backslash escapes a quote. Elsewhere nothing after a backslash can be trusted.
	escapes bool
	sql     bool
}

var dialects = map[string]dialect{
	"postgresql": {sqllexer.DBMSPostgres, true, true, true}, "postgres": {sqllexer.DBMSPostgres, true, true, true},
	"cockroachdb": {sqllexer.DBMSPostgres, true, true, true}, "yugabytedb": {sqllexer.DBMSPostgres, true, true, true},
	"redshift": {sqllexer.DBMSPostgres, true, false, true}, "aws.redshift": {sqllexer.DBMSPostgres, true, false, true},
	"mysql": {sqllexer.DBMSMySQL, false, true, true}, "mariadb": {sqllexer.DBMSMySQL, false, true, true},
	"tidb":  {sqllexer.DBMSMySQL, false, true, true},
	"mssql": {sqllexer.DBMSSQLServer, true, true, true}, "microsoft.sql_server": {sqllexer.DBMSSQLServer, true, true, true},
	"oracle": {sqllexer.DBMSOracle, true, true, true}, "oracle.db": {sqllexer.DBMSOracle, true, true, true},
	"db2": {sqllexer.DBMSDB2, true, true, true}, "ibm.db2": {sqllexer.DBMSDB2, true, true, true},
	"snowflake": {sqllexer.DBMSSnowflake, true, true, true},
	"trino":     {"", true, false, true}, "h2database": {"", true, false, true}, "hsqldb": {"", true, false, true},
	"derby": {"", true, false, true}, "vertica": {"", true, false, true}, "teradata": {"", true, false, true},
	"sap.hana": {"", true, false, true}, "hanadb": {"", true, false, true}, "firebirdsql": {"", true, false, true},
	"sqlite": {"", false, false, true}, "duckdb": {"", true, false, true}, "other_sql": {"", false, false, true},
	"clickhouse": {"", false, false, true}, "spanner": {"", false, false, true}, "gcp.spanner": {"", false, false, true},
	"hive": {"", false, false, true}, "cassandra": {"", false, false, true}, "ydb": {"", false, false, true},
}

// readQuery takes the literals out of a statement. Of what is not SQL, or in doubt, only the first word is kept if
// it is one, as in "HGETALL": the rest of a Redis command or of a JSON query is data.
//
// A fault of ours leaves nothing of the statement.
func readQuery(text, system string) (q query) {
	defer func() {
		if fault.Shared.Recovered("a statement", recover()) {
			q = query{}
		}
	}()
	if text == "" {
		return query{}
	}
	text = strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), maxStatementIn)], "\x00", " "), "?")
	d := dialects[system]
	if !d.sql && (system != "" || !isStatement(text)) {
		word := firstWord(text)
		return query{text: word, summary: word}
	}
	cut := false
	if i := strings.IndexByte(text, '\\'); i >= 0 && !d.escapes {
		text, cut = text[:i], true
	}
	w := &queryWriter{dialect: d}
	lexer := sqllexer.New(text, sqllexer.WithDBMS(d.lexer))
	for token := lexer.Scan(); token.Type != sqllexer.EOF && !w.stopped; token = lexer.Scan() {
		w.token(token)
	}
	if cut || w.stopped {
		w.write(ellipsis)
	}
	return query{text: clamp(w.text(), maxStatement), summary: clamp(w.summary(), maxName)}
}

// isStatement reports whether a text of unknown origin begins as SQL that reads or writes rows, with more than a
// name after it.
func isStatement(text string) bool {
	if len(strings.Fields(text[:min(len(text), 256)])) < 3 {
		return false
	}
	switch strings.ToUpper(firstWord(text)) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "REPLACE":
		return true
	}
	return false
}

// firstWord is the leading letters of a text, at most 32 of them, or nothing if they do not end at a space.
func firstWord(text string) string {
	text = strings.TrimLeft(text, " \t\r\n")
	n := 0
	for n < len(text) && n < 32 && ('a' <= text[n]|0x20 && text[n]|0x20 <= 'z' || n > 0 && (text[n] == '_' || text[n] == '.')) {
		n++
	}
	if n < len(text) && !strings.ContainsRune(" \t\r\n", rune(text[n])) {
		return ""
	}
	return text[:n]
}

// queryWriter puts tokens together again, a placeholder for each literal.
type queryWriter struct {
	dialect dialect
	out     []word
	space   bool // there was space since the last token
	literal bool // the last token was a literal, with nothing between
	prev    string
	stopped bool // the rest cannot be told from literals

	operation, target string
	wantTarget        bool
	calls             []bool // for each open parenthesis: whether it is that of a function
	function          bool   // the last token was the name of a function
}

type word struct {
	text  string
	space bool // before it
}

const placeholder = "?"

func (w *queryWriter) token(t *sqllexer.Token) {
	switch t.Type {
	case sqllexer.SPACE, sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
		w.space, w.literal, w.prev = true, false, ""
		return
	}
	w.summarize(t)
	switch t.Type {
	case sqllexer.STRING, sqllexer.INCOMPLETE_STRING:
		if p := strings.ToLower(w.prev); p == "q" || p == "nq" {
			w.stopped = true // q'[it's]' of Oracle: the lexer takes the inner quote for the end
		}
		w.writeLiteral()
	case sqllexer.NUMBER, sqllexer.DOLLAR_QUOTED_STRING, sqllexer.DOLLAR_QUOTED_FUNCTION,
		sqllexer.ERROR, // a string, name or comment without an end
		sqllexer.POSITIONAL_PARAMETER, sqllexer.BIND_PARAMETER:
		w.writeLiteral()
	case sqllexer.QUOTED_IDENT:
		w.writeQuoted(t.Value)
	case sqllexer.IDENT, sqllexer.FUNCTION:
		if w.literal {
			return // 1_000 and 0b11 are a number and a name for the lexer
		}
		w.write(t.Value)
	case sqllexer.OPERATOR:
		if t.Value == placeholder {
			w.writeLiteral()
			break
		}
		w.write(t.Value)
	default:
		w.write(t.Value)
	}
	w.prev = t.Value
}

func (w *queryWriter) writeLiteral() {
	if !w.literal {
		w.write(placeholder)
	}
	w.literal = true
}

// writeQuoted writes a name in quotes, unless it might be a string in this dialect.
func (w *queryWriter) writeQuoted(name string) {
	if strings.HasPrefix(name, `"`) && !w.dialect.ansi && w.target != unquote(name) {
		w.writeLiteral()
		return
	}
	w.write(name)
}

// write appends one token, and shortens lists of placeholders to one: "?, ?, ?" and "(?), (?)" differ from call to call.
func (w *queryWriter) write(text string) {
	w.out = append(w.out, word{text, w.space && len(w.out) > 0})
	w.space, w.literal = false, false
	switch text {
	case placeholder:
		w.drop("?", ",", "?")
	case ")":
		w.drop("(", "?", ")", ",", "(", "?", ")")
	}
}

// drop removes the repetition when the words end in the pattern, whose second half repeats its first.
func (w *queryWriter) drop(pattern ...string) {
	from := len(w.out) - len(pattern)
	if from < 0 {
		return
	}
	for i, p := range pattern {
		if w.out[from+i].text != p {
			return
		}
	}
	w.out = w.out[:from+len(pattern)/2]
}

func (w *queryWriter) text() string {
	var b strings.Builder
	for _, o := range w.out {
		if o.space {
			b.WriteByte(' ')
		}
		b.WriteString(o.text)
		if b.Len() > 2*maxStatement {
			break
		}
	}
	return strings.TrimRight(b.String(), " ;")
}

// QuerySummary names a database statement as semantic conventions do, operation and target without any literal, as in
// "SELECT users". It is "" when nothing of the statement is safe to show. It takes several microseconds.
func QuerySummary(text, system string) string { return readQuery(text, system).summary }
