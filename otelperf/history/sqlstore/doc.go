// SPDX-License-Identifier: Apache-2.0

// Package sqlstore is a history in a SQL database, which all instances of a service share, and other services too:
//
//	db, err := sql.Open("pgx", "postgres://otelperf@db.internal/metrics") // of the program's own driver
//	...
//	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "shop")
//	...
//	mon, err := otelperf.New(otelperf.WithHistory(store))
//
// The package needs no driver by itself. [Dialect] says which databases there are.
//
// # Instances
//
// Each instance stores its minutes. They are merged when they are read: histograms bucket by bucket, counts are added, of signals it is the
// mean over the instances and the largest of any. Incidents and requests say of which instance they are. When an hour is over, one instance
// merges that of all into layers, of which the finer are deleted first, see [history.Retention]; from then on a minute of ten instances takes
// no more than one of one instance.
//
// What a Monitor answers of a time of which others have stored something is of all, up to the last whole minute that all who run have stored,
// and the same whichever is asked; stored.instances has their names: those of their hosts, unless [WithInstance] gives others. That goes for
// a fixed time that one has in memory, too. What follows that minute is not stored yet: it is left out, is no gap, and where it is asked for, or
// is more than two minutes, stored.note says so. Of a time that began after it, an answer is of the instance that is asked alone, as
// stored.note says; so is any while the database cannot be read, with stored.error, which is asked again after half a minute.
//
// An Append whose outcome is unknown, because the connection was lost during COMMIT, can be done again: see Origin of [history.Batch].
//
// # When something is wrong
//
// Nothing that is wrong with the database keeps a service from starting, or is waited for for more than 30 s. Tables of a newer version are
// left alone, as are bytes that cannot be read: Range reports them once for each query, and goes on.
//
// Each Append looks whether the path of a SQLite database still names the file that the first one has found there. After that was deleted, moved away
// or replaced nothing is written: the error, which a Monitor's health has within the minute, says how that is mended, and it is logged once. The minutes
// of an hour wait, and what was stored can be read, until the file is back or the service is started again. It cannot be noticed where the driver
// does not say the path (PRAGMA database_list), where that is one of a file system that the program does not see, and of a file that
// was moved between sql.Open and the first Append. A file that was changed in place, as by a restored copy, is the same file.
//
// Services that do not exist any more are not deleted by those that do.
package sqlstore
