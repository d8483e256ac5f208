// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Instructions are counted by stepping through them: another process of this program runs one operation at a time on its main thread, and
// this one has the kernel stop it after each instruction. That needs neither performance counters, which virtual machines rarely
// have, nor a tool, and the count is the same however busy the machine is. What the kernel does is not in it.

// stepMark is what the stepped process sends to itself before and after an operation. Nothing else does.
const stepMark = unix.SIGUSR2

func init() {
	if strings.HasPrefix(os.Getenv(childVariable), partSteps+" ") {
		runtime.LockOSThread() // the main thread is the one that is stepped through
	}
}

// stepped is the part of the process that is stepped through: OnStart and OnEnd of a variant in turn, each between two marks.
func stepped(name string) {
	p, s, ctx := named(name)[0].make(), spans(1)[0], context.Background()
	run := startAndEnd(p, s)
	run(3000)
	runtime.GC()
	debug.SetGCPercent(-1)
	run(100)
	pid := uintptr(unix.Getpid())
	mark := func() { // raw: the scheduler need not know
		if _, _, err := unix.RawSyscall(unix.SYS_TGKILL, pid, pid, uintptr(stepMark)); err != 0 {
			panic(err)
		}
	}
	for range stepOperations {
		runtime.Gosched() // a new time slice: one that ends in an operation would be counted with it
		mark()
		p.OnStart(ctx, s.start)
		mark()
		runtime.Gosched()
		mark()
		p.OnEnd(s.end)
		mark()
	}
}

// instructions steps through OnStart and OnEnd in turn and returns how many instructions each took.
func instructions(ctx context.Context, name string) (counts []float64, err error) {
	runtime.LockOSThread() // the kernel lets only the thread that started the process trace it
	defer runtime.UnlockOSThread()
	defer onOneCPU()()
	cmd := child(partSteps, name)
	cmd.Env = append(cmd.Env, "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1")
	cmd.SysProcAttr = &unix.SysProcAttr{Ptrace: true, Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a process to step through: %w", err)
	}
	pid, running := cmd.Process.Pid, true
	defer func() {
		if running {
			_ = cmd.Process.Kill()
			_, _ = unix.Wait4(pid, nil, unix.WALL, nil)
		}
		_ = cmd.Process.Release()
	}()
	steps, stepping := 0, false
	var others []int
	defer func() { release(others) }()
	for deliver := 0; ctx.Err() == nil; {
		var status unix.WaitStatus
		if err := waitRaw(pid, &status); err != nil {
			if errors.Is(err, unix.EINTR) {
				continue
			}
			return nil, err
		}
		deliver = 0
		switch sig := status.StopSignal(); {
		case !status.Stopped():
			running = false
			if status.ExitStatus() != 0 {
				return nil, fmt.Errorf("the process to step through ended with status %d", status.ExitStatus())
			}
			return counts, nil
		case sig == stepMark:
			if stepping {
				counts = append(counts, float64(steps))
				release(others)
				others = nil
			} else if others, err = hold(pid); err != nil {
				return nil, err
			}
			steps, stepping = 0, !stepping
		case sig == unix.SIGTRAP:
			steps++
		default:
			deliver = int(sig)
		}
		if stepping {
			err = stepRaw(pid)
		} else {
			err = unix.PtraceCont(pid, deliver)
		}
		if err != nil {
			return nil, fmt.Errorf("stepping: %w", err)
		}
	}
	return nil, ctx.Err()
}

// hold stops all threads of a process but the first: one of them has the scheduler take a turn within an operation that takes longer than
// ten milliseconds, as it may where others use the CPU.
func hold(pid int) (threads []int, err error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return threads, fmt.Errorf("the threads to hold: %w", err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil || id == pid {
			continue
		}
		if err := unix.PtraceAttach(id); err != nil {
			return threads, fmt.Errorf("holding a thread: %w", err)
		}
		threads = append(threads, id)
		var status unix.WaitStatus
		for err := unix.EINTR; err == unix.EINTR; {
			err, _ = waitRaw(id, &status).(unix.Errno)
		}
	}
	return threads, nil
}

func release(threads []int) {
	for _, id := range threads {
		_ = unix.PtraceDetach(id)
	}
}

// waitRaw and stepRaw do without telling the scheduler, which takes less time.
func waitRaw(pid int, status *unix.WaitStatus) error {
	var s int32
	if _, _, err := unix.RawSyscall6(unix.SYS_WAIT4, uintptr(pid), uintptr(unsafe.Pointer(&s)), unix.WALL, 0, 0, 0); err != 0 {
		return err
	}
	*status = unix.WaitStatus(s)
	return nil
}

func stepRaw(pid int) error {
	if _, _, err := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_SINGLESTEP, uintptr(pid), 0, 0, 0, 0); err != 0 {
		return err
	}
	return nil
}

// onOneCPU keeps the calling thread, and what it starts, on one CPU: to hand over to another one would take ten times as long
// as a step. What it returns undoes that.
func onOneCPU() (undo func()) {
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return func() {}
	}
	for cpu := range len(before) * 64 {
		if before.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	_ = unix.SchedSetaffinity(0, &one)
	return func() { _ = unix.SchedSetaffinity(0, &before) }
}
