// SPDX-License-Identifier: Apache-2.0

// Package export writes what a history has stored as a table, for notebooks and spreadsheets: as Parquet or as CSV, from the file of
// history/bolt or from a running service. What is read is a step of time at a time, and what is written at most 10 000 rows: the memory for it
// does not grow with the time that is exported.
package export
