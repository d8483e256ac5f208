// SPDX-License-Identifier: Apache-2.0

package slowlog

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadQuery(t *testing.T) {
	for _, tc := range []struct{ system, in, text, summary string }{
		{"postgresql", "", "", ""},
		{"postgresql", "SELECT * FROM users WHERE id = 7", "SELECT * FROM users WHERE id = ?", "SELECT users"},
		{"postgresql", `SELECT "id" FROM "users" WHERE "name" = 'O''Hara'`, `SELECT "id" FROM "users" WHERE "name" = ?`, "SELECT users"},
		{"postgresql", "select a\n\tfrom   users -- by bob\n where b=$1", "select a from users where b=?", "SELECT users"},
		{"postgresql", "SELECT a FROM t WHERE id IN ($1, $2, $3)", "SELECT a FROM t WHERE id IN (?)", "SELECT t"},
		{"postgresql", "INSERT INTO orders(a, b) VALUES (1, 'x'), (2, 'y'), (3, 'z')", "INSERT INTO orders(a, b) VALUES (?)", "INSERT orders"},
		{"postgresql", "UPDATE users SET a = 1_000, b = E'it\\'s' WHERE c = $tag$ secret $tag$", "UPDATE users SET a = ?, b = E? WHERE c = ?", "UPDATE users"},
		{"postgresql", "DELETE FROM ONLY shop.users WHERE a = -1.5e3", "DELETE FROM ONLY shop.users WHERE a = ?", "DELETE shop.users"},
		{"postgresql", "WITH x AS (SELECT a FROM y) SELECT * FROM x", "WITH x AS (SELECT a FROM y) SELECT * FROM x", "SELECT y"},
		{"postgresql", "SELECT EXTRACT(epoch FROM created) FROM users FOR UPDATE", "SELECT EXTRACT(epoch FROM created) FROM users FOR UPDATE", "SELECT users"},
		{"postgresql", "SELECT * FROM (SELECT a FROM inside) z", "SELECT * FROM (SELECT a FROM inside) z", "SELECT inside"},
		{"postgresql", "BEGIN;", "BEGIN", "BEGIN"},
		{"postgresql", "TRUNCATE TABLE logs", "TRUNCATE TABLE logs", "TRUNCATE logs"},
		{"postgresql", "CREATE TABLE IF NOT EXISTS logs (a int)", "CREATE TABLE IF NOT EXISTS logs (a int)", "CREATE logs"},
		{"postgresql", "SELECT 1 /* secret", "SELECT ? ?", "SELECT"},
		{"postgresql", "SELECT 'secret", "SELECT ?", "SELECT"},
		{"mysql", `SELECT * FROM users WHERE name = "secret" # secret`, "SELECT * FROM users WHERE name = ?", "SELECT users"},
		{"mysql", "SELECT `a` FROM `shop`.`users` WHERE b = 'it\\'s secret'", "SELECT `a` FROM `shop`.`users` WHERE b = ?", "SELECT shop.users"},
		{"mssql", "SELECT [a] FROM [users] WHERE b = N'secret' AND c = @p1", "SELECT [a] FROM [users] WHERE b = N? AND c = ?", "SELECT users"},
		{"oracle", "SELECT q'[it's secret]' FROM dual", "SELECT q?…", "SELECT"},
		{"sqlite", `SELECT a FROM "users" WHERE b = "secret" AND c = ?1`, `SELECT a FROM "users" WHERE b = ? AND c = ?`, "SELECT users"},
		{"sqlite", "SELECT `a` FROM `users` WHERE b = ?", "SELECT `a` FROM `users` WHERE b = ?", "SELECT users"},
		{"sqlite", `SELECT a FROM users WHERE b = 'C:\' AND c = 'secret'`, "SELECT a FROM users WHERE b = ?…", "SELECT users"},
		{"", "SELECT a FROM users WHERE b = 'secret'", "SELECT a FROM users WHERE b = ?", "SELECT users"},
		{"", "SET key secret", "SET", "SET"},
		{"redis", "HGETALL user:17", "HGETALL", "HGETALL"},
		{"redis", "select", "select", "select"},
		{"mongodb", `{"find": "secret"}`, "", ""},
		{"elasticsearch", "secret@example.org", "", ""},
	} {
		got := readQuery(tc.in, tc.system)
		if got.text != tc.text || got.summary != tc.summary {
			t.Errorf("%s: %s\n got %q, %q\nwant %q, %q", tc.system, tc.in, got.text, got.summary, tc.text, tc.summary)
		}
	}
}

// FuzzReadQuery: whatever the text, it ends, is bounded and valid.
func FuzzReadQuery(f *testing.F) {
	systems := slices.Sorted(maps.Keys(dialects))
	f.Add("SELECT 'a' FROM b", 0)
	f.Add("\xff\xfe SELECT $a$ \x00 `", 3)
	f.Add("SELECT a FROM `x` . ` ..5²", 8)
	f.Add("@@@@ :: ?| #>> $$ $ $1a 0x 1e+ -- \n /* */ */", 5)
	f.Fuzz(func(t *testing.T, text string, n int) {
		got := readQuery(text, append(systems, "", "redis")[int(uint(n)%uint(len(systems)+2))])
		if len(got.text) > maxStatement || len(got.summary) > maxName || !utf8.ValidString(got.text) || !utf8.ValidString(got.summary) {
			t.Errorf("%q: %q, %q", text, got.text, got.summary)
		}
	})
}

// FuzzLiteralsStayOut puts any text into a string literal, quoted as a driver would, and looks for it in the result.
func FuzzLiteralsStayOut(f *testing.F) {
	for _, s := range []string{
		"secretword", "it's a secretword", `back\slash secretword`, `end\`, "'; DROP secretword --", `"secretword"`, "/* secretword", "$$secretword", "-- secretword\n x", "`secretword",
		"\x00secretword", "q'[secretword]'", "\\' secretword", "''''secretword", "$1 secretword ?", "日本 secretword",
	} {
		f.Add(s)
	}
	systems := append(slices.Sorted(maps.Keys(dialects)), "")
	f.Fuzz(func(t *testing.T, payload string) {
		// What is looked for is a word that the statement around it does not have.
		const marker = "zzsecretzz"
		payload = strings.ReplaceAll(payload, "secretword", marker)
		if !strings.Contains(payload, marker) {
			payload += " " + marker + " "
		}
		for _, system := range systems {
			quoted := strings.ReplaceAll(payload, "'", "''")
			switch system {
			case "mysql", "mariadb", "tidb", "clickhouse", "snowflake", "hive", "spanner", "gcp.spanner", "redshift", "aws.redshift":
				quoted = strings.ReplaceAll(strings.ReplaceAll(payload, `\`, `\\`), "'", `\'`)
			}
			got := readQuery("SELECT a FROM users WHERE b = '"+quoted+"' AND c = 42", system)
			if strings.Contains(got.text, marker) || strings.Contains(got.summary, marker) {
				t.Errorf("%s: a literal is left in %q", system, got.text)
			}
			if got.summary != "SELECT users" {
				t.Errorf("%s: summary %q", system, got.summary)
			}
		}
	})
}

func BenchmarkReadQuery(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readQuery("SELECT id, name, email FROM users WHERE id = 17 AND tenant IN (1, 2, 3)", "postgresql")
	}
}
