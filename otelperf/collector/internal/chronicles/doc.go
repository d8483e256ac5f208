// SPDX-License-Identifier: Apache-2.0

// Package chronicles writes the history of each service of a fleet to a file of its own, from its first request on, by the minutes in which
// requests ended. One goroutine writes all of them.
//
// # Who has a file
//
// A file belongs to one process at a time, by its lock. It is closed when its service leaves the fleet: when that has moved to another collector,
// which opens it if it has the same directory; when it has made room for another one; and at the end. One that is locked is tried again
// every five seconds. What is known of a service is in its engine for an hour, from which its minutes are written once the file is there.
//
// # Bounds
//
// There are at most [Settings].MaxServices files of a connector in a directory, each of about [Settings].MaxBytes: one more takes the place of the one that nobody has
// written for the longest time, if that is a day or more; else the service has no history, which is counted, and it is looked again
// each minute. Files that nobody has written for as long as the longest steps are stored are removed at a start. What could not be written waits for an
// hour; then it is lost, which is counted. Four reads of all files run at a time.
package chronicles
