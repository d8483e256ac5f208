// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
)

// What is in which bucket. Hours and minutes are numbered since 1970, in 32 bits, big endian.
var (
	recentBucket   = []byte("recent")       // minute, origin or serial number -> rows and signals of the running hour
	hoursBucket    = []byte("hours")        // hour -> rows
	tensBucket     = []byte("ten minutes")  // hour -> how these are made up
	minutesBucket  = []byte("minutes")      // hour -> how these are made up
	daysBucket     = []byte("days")         // their first hour -> rows of 24 hours
	quartersBucket = []byte("six hours")    // their first hour -> rows of these
	signalHours    = []byte("signals")      // hour -> signals of it, and when it was observed
	signalTens     = []byte("signals of 6") // hour -> six times
	signalMinutes  = []byte("signals of 60")
	incidents      = []byte("incidents")    // start, id -> incident
	incidentKeys   = []byte("incident ids") // id -> key in incidents
	requests       = []byte("requests")     // end, span -> request
	marksBucket    = []byte("marks")        // time, id -> mark
	stateBucket    = []byte("state")        // minute -> the last state

	allBuckets = [][]byte{
		aboutBucket, recentBucket, hoursBucket, tensBucket, minutesBucket, daysBucket, quartersBucket,
		signalHours, signalTens, signalMinutes,
		incidents, incidentKeys, requests, marksBucket, stateBucket,
	}
)

// Layers and where they are, by depth.
var (
	rowBuckets    = [...][]byte{layers.ByHour: hoursBucket, layers.ByTenMinutes: tensBucket, layers.ByMinute: minutesBucket}
	signalBuckets = [...][]byte{layers.ByHour: signalHours, layers.ByTenMinutes: signalTens, layers.ByMinute: signalMinutes}
)

func hourTime(hour int64) time.Time { return time.Unix(hour*layers.HourSeconds, 0).UTC() }

func key32(n int64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// number is what a key begins with; 0 of one that is too short.
func number(key []byte) int64 {
	if len(key) < 4 {
		return 0
	}
	return int64(binary.BigEndian.Uint32(key))
}

// eventKey begins with the nanosecond, and goes on with what is unique.
func eventKey(at time.Time, id string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(max(at.UnixNano(), 0))), id...)
}

func eventTime(key []byte) time.Time {
	if len(key) < 8 {
		return time.Time{}
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(key))).UTC()
}

// used is how many bytes of the file are in use.
func used(tx *bbolt.Tx) int64 {
	st := tx.DB().Stats()
	return tx.Size() - int64(st.FreePageN+st.PendingPageN)*int64(tx.DB().Info().PageSize)
}
