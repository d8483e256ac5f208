// SPDX-License-Identifier: Apache-2.0

package causes

// State is what a goroutine did with a part of its time.
type State string

// The states. Those of waiting are named after the outermost call that is known, else after what the runtime says.
const (
	Running      State = "running"       // on a CPU, as far as the scheduler knows
	Runnable     State = "runnable"      // ready, but others had the CPUs
	GC           State = "gc"            // helped the garbage collector, or waited for it
	NotScheduled State = "not_scheduled" // on a CPU as the scheduler sees it, yet it did not run: a quota, or a busy machine
	Syscall      State = "syscall"
	Disk         State = "disk" // file contents on their way to the disk
	Sleep        State = "sleep"
	Timer        State = "timer"

	Lock         State = "lock"
	RWLock       State = "rwlock"
	Once         State = "once"
	Cond         State = "cond"
	WaitGroup    State = "waitgroup"
	Semaphore    State = "semaphore"
	Singleflight State = "singleflight"
	RateLimit    State = "rate_limit"
	ChanSend     State = "chan_send"
	ChanReceive  State = "chan_receive"
	Select       State = "select"
	Pipe         State = "pipe"

	DBConnection    State = "db_connection" // of a pool
	DBReply         State = "db_reply"
	CacheConnection State = "cache_connection" // of a pool
	CacheReply      State = "cache_reply"
	HTTPConnection  State = "http_connection" // of a transport
	HTTPReply       State = "http_reply"
	RPCReply        State = "rpc_reply"
	Dial            State = "dial"
	DNS             State = "dns"
	NetworkRead     State = "network_read"
	NetworkWrite    State = "network_write"

	Waiting         State = "waiting"          // for something that has no name here
	BeforeRecording State = "before_recording" // before the recording began
	Unknown         State = "unknown"
)

// words say a state in a sentence: how somebody is in it, and what comes before the name of who kept it waiting.
type words struct{ is, by string }

var wordsOf = map[State]words{
	Running:         {"running", ""},
	Runnable:        {"waiting for a CPU", "the CPUs were used by"},
	GC:              {"held up by garbage collection", ""},
	NotScheduled:    {"not run by the machine: a CPU quota, or other programs", ""},
	Syscall:         {"in a system call", ""},
	Disk:            {"waiting for the disk", ""},
	Sleep:           {"sleeping", ""},
	Timer:           {"waiting for a timer", ""},
	Lock:            {"waiting for the lock", "held by"},
	RWLock:          {"waiting for the read-write lock", "held by"},
	Once:            {"waiting for something that is done once", "done by"},
	Cond:            {"waiting for a condition", "fulfilled by"},
	WaitGroup:       {"waiting for goroutines", "run by"},
	Semaphore:       {"waiting for a semaphore", "held by"},
	Singleflight:    {"waiting for the same call made elsewhere", "made by"},
	RateLimit:       {"waiting for a rate limiter", "held by"},
	ChanSend:        {"waiting to send to a channel", "received by"},
	ChanReceive:     {"waiting to receive from a channel", "sent by"},
	Select:          {"waiting in a select", "ended by"},
	Pipe:            {"waiting for the other end of a pipe", "held by"},
	DBConnection:    {"waiting for a connection of the database pool", "held by"},
	DBReply:         {"waiting for the database", ""},
	CacheConnection: {"waiting for a connection of the cache's pool", "held by"},
	CacheReply:      {"waiting for the cache", ""},
	HTTPConnection:  {"waiting for a connection of the HTTP client", "held by"},
	HTTPReply:       {"waiting for the reply to an HTTP call", ""},
	RPCReply:        {"waiting for the reply to an RPC", ""},
	Dial:            {"connecting", ""},
	DNS:             {"waiting for a name to be resolved", ""},
	NetworkRead:     {"waiting for data from the network", ""},
	NetworkWrite:    {"waiting for the network to take data", ""},
	Waiting:         {"waiting", "ended by"},
}

// Known reports whether the state says anything.
func (s State) Known() bool { return s != "" && s != Unknown && s != BeforeRecording }
