// SPDX-License-Identifier: Apache-2.0

// Package bolt is a history in one file, for a service without a database:
//
//	store, err := bolt.Open("shop.db")
//	...
//	mon, err := otelperf.New(otelperf.WithHistory(store))
//	...
//	defer store.Close() // after mon.Shutdown, which writes what is left
//
// The file is one of go.etcd.io/bbolt. It belongs to one process at a time, and each instance of a service has one of its own. The minutes
// of the running hour are each an entry; when the hour is over it is written anew in three layers, of which the finer are deleted first,
// see [history.Retention]. Each batch is one transaction, synced to disk: what kills the process or the machine loses at most the batch
// that was being written.
//
// # When something is wrong
//
// Nothing that is wrong with the file keeps a service from starting: Open returns a store whose Append and Range say what it is, and which
// tries again with each Append. The file is left as it is when another process has it, when a newer version of otelperf has written it, when
// it may not be written, and when it is no history at all. A damaged one is renamed to NAME.damaged-TIME and a new one begun, which is
// logged, and is what Trouble says for a day; one that begins with zeros, as a loss of power may leave it, counts as damaged.
//
// Parts have checksums of their own: of a file that is sound as a whole a damaged part is left out of what is read, and Trouble says for a day
// how many were found, and of which time.
//
// Each Append looks whether the path still names the file that is open. After that was deleted or moved away, a new one begins there with the
// batch, which is logged, and is what Trouble says for a day; as long as none can be made, what was stored can still be read. If another file is
// in its place, Append refuses to write until that is gone or the service is started again: neither is what was meant, and both are left as they are.
//
// When and why a file was begun in the place of another one is in the file: Renewal returns it. A Monitor then appends again what it has in memory, of an
// hour at most, and says of longer times that what was before is lost.
package bolt
