// SPDX-License-Identifier: Apache-2.0

// Package history holds histories in SQL databases to what they promise, with a real PostgreSQL and SQLite and their drivers, which the
// library's own modules do without.
package history
