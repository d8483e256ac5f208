// SPDX-License-Identifier: Apache-2.0

// Command database is a service whose calls to SQLite, PostgreSQL and Redis are instrumented by otelsql, otelpgx and redisotel. What
// they record becomes the anatomy of slow requests, and rows of their own in the summary.
package main
