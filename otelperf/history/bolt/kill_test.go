// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bufio"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

var kills = flag.Int("kills", 25, "how often TestKilled kills a process that writes")

// Variables that tell a process of this test binary to write to a file, from which minute on, until it is killed.
const (
	writerFile = "OTELPERF_TEST_HISTORY_FILE"
	writerFrom = "OTELPERF_TEST_HISTORY_FROM"
)

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // stores fail on purpose here
	if file := os.Getenv(writerFile); file != "" {
		fmt.Fprintln(os.Stderr, writeOn(file))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// numbered is minute i of a service that has i+1 requests in it, with a state that takes many pages.
func numbered(i int) *history.Batch {
	row := history.Row{Endpoint: conventions.Endpoint{Method: "GET", Route: "/"}}
	row.Outcomes[slowlog.OutcomeOK] = uint64(i + 1)
	noise := make([]byte, 50<<10)
	_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(noise) // never fails
	return &history.Batch{
		Time: start.Add(time.Duration(i) * time.Minute), Step: history.Minute, Rows: []history.Row{row}, State: binary.BigEndian.AppendUint64(noise, uint64(i)),
	}
}

// writeOn appends minute after minute, and says so of each that is stored.
func writeOn(file string) error {
	i, err := strconv.Atoi(os.Getenv(writerFrom))
	if err != nil {
		return err
	}
	s, err := Open(file)
	for ; err == nil; i++ {
		if err = s.Append(context.Background(), numbered(i)); err == nil {
			_, err = fmt.Println(i)
		}
	}
	return err
}

// A process that is killed at any moment loses at most the batch that it was writing, and no other part of the file.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	file, next := path(t), 0
	r := rand.New(rand.NewPCG(7, 8))
	for kill := range *kills {
		last := next - 1
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), writerFile+"="+file, writerFrom+"="+strconv.Itoa(next))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for begun := false; lines.Scan(); begun = true {
			if !begun {
				time.AfterFunc(time.Duration(r.IntN(40_000))*time.Microsecond, func() { _ = child.Process.Kill() })
			}
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
		}
		_ = child.Wait() // it was killed
		if last < next {
			t.Fatalf("kill %d: the process stored nothing", kill)
		}
		s := open(t, file)
		total := uint64(0)
		q := history.Query{From: start.Truncate(time.Hour), To: start.Add(time.Duration(last+60) * time.Minute), Step: history.Hour}
		for _, b := range historytest.Read(t, s, q) {
			for i := range b.Rows {
				total += b.Rows[i].Outcomes.Total()
			}
		}
		states := historytest.Read(t, s, history.Query{What: history.States, From: q.From, To: q.To.Add(time.Hour)})
		state := states[0].State
		sum := func(n int) uint64 { return uint64(n+1) * uint64(n+2) / 2 }
		switch total {
		case sum(last):
			next = last + 1
		case sum(last + 1): // stored, and not yet said
			next = last + 2
		default:
			t.Fatalf("kill %d: %d requests, want %d or %d", kill, total, sum(last), sum(last+1))
		}
		if n := int(binary.BigEndian.Uint64(state[len(state)-8:])); len(states) != 1 || n != next-1 {
			t.Fatalf("kill %d: the state is of minute %d, the last minute is %d", kill, n, next-1)
		}
		if st, err := s.Stats(t.Context()); err != nil || st.SetAside != "" || st.Skipped > 0 {
			t.Fatalf("kill %d: %+v, %v", kill, st, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d minutes stored", *kills, next)
}
