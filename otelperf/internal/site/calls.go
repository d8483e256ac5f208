// SPDX-License-Identifier: Apache-2.0

package site

import (
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// call is a function, or all whose names begin with it, and what a goroutine waits for that is in it.
type call struct {
	prefix string
	state  causes.State
}

// calls are the table of known calls. Of several on a stack the outermost below the program's own line says it best: a pool's
// connection is waited for in a select, which says little.
var calls = []call{
	{"runtime.chansend", causes.ChanSend},
	{"runtime.chanrecv", causes.ChanReceive},
	{"runtime.selectgo", causes.Select},
	{"sync.(*Mutex).", causes.Lock},
	{"internal/sync.(*Mutex).", causes.Lock},
	{"sync.(*RWMutex).", causes.RWLock},
	{"sync.(*Once).", causes.Once},
	{"sync.OnceFunc", causes.Once},
	{"sync.OnceValue", causes.Once},
	{"sync.(*Cond).Wait", causes.Cond},
	{"sync.(*WaitGroup).Wait", causes.WaitGroup},
	{"time.Sleep", causes.Sleep},
	{"io.(*pipe).", causes.Pipe},

	{"internal/poll.(*FD).Read", causes.NetworkRead},
	{"internal/poll.(*FD).Accept", causes.NetworkRead},
	{"internal/poll.(*FD).Write", causes.NetworkWrite},
	{"internal/poll.SendFile", causes.NetworkWrite},
	{"internal/poll.(*FD).Fsync", causes.Disk},
	{"os.(*File).", causes.Disk},
	{"os.ReadFile", causes.Disk},
	{"os.WriteFile", causes.Disk},
	{"net.(*netFD).connect", causes.Dial},
	{"net.(*sysDialer).", causes.Dial},
	{"net.(*Resolver).", causes.DNS},

	{"net/http.(*Transport).getConn", causes.HTTPConnection},
	{"net/http.(*persistConn).roundTrip", causes.HTTPReply},
	{"net/http.(*http2ClientConn).RoundTrip", causes.HTTPReply},
	{"net/http.(*http2clientStream).", causes.HTTPReply},
	{"net/http.(*body).Read", causes.NetworkRead},
	{"net/http.(*bodyEOFSignal).Read", causes.HTTPReply},
	{"google.golang.org/grpc.(*ClientConn).Invoke", causes.RPCReply},
	{"google.golang.org/grpc.(*clientStream).", causes.RPCReply},

	{"database/sql.(*DB).conn", causes.DBConnection},
	{"database/sql.(*DB).queryDC", causes.DBReply},
	{"database/sql.(*DB).execDC", causes.DBReply},
	{"database/sql.(*DB).beginDC", causes.DBReply},
	{"database/sql.(*DB).pingDC", causes.DBReply},
	{"database/sql.(*DB).prepareDC", causes.DBReply},
	{"database/sql.resultFromStatement", causes.DBReply},
	{"database/sql.rowsiFromStatement", causes.DBReply},
	{"database/sql.(*Rows).", causes.DBReply},
	{"database/sql.(*Tx).Commit", causes.DBReply},
	{"database/sql.(*Tx).Rollback", causes.DBReply},
	{"github.com/jackc/puddle/v2.(*Pool", causes.DBConnection},
	{"github.com/jackc/pgx/v5/pgconn.", causes.DBReply},
	{"go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*pool).", causes.DBConnection},
	{"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology.(*pool).", causes.DBConnection},
	{"github.com/redis/go-redis/v9/internal/pool.(*ConnPool).", causes.CacheConnection},
	{"github.com/redis/go-redis/v9.(*baseClient)._process", causes.CacheReply},
	{"github.com/gomodule/redigo/redis.(*Pool).", causes.CacheConnection},

	{"golang.org/x/sync/semaphore.(*Weighted).Acquire", causes.Semaphore},
	{"golang.org/x/sync/singleflight.(*Group).Do", causes.Singleflight},
	{"golang.org/x/sync/errgroup.(*Group).Go", causes.Semaphore}, // with a limit
	{"golang.org/x/time/rate.(*Limiter).", causes.RateLimit},
}

// byPackage has the rows of a package together: most functions of a trace have none.
var byPackage = func() map[string][]call {
	m := map[string][]call{}
	for _, c := range calls {
		p := packageOf(c.prefix)
		m[p] = append(m[p], c)
	}
	return m
}()

func stateOf(name string) causes.State {
	for _, c := range byPackage[packageOf(name)] {
		if strings.HasPrefix(name, c.prefix) {
			return c.state
		}
	}
	return ""
}
