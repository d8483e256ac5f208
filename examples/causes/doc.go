// SPDX-License-Identifier: Apache-2.0

// Causes is a bench: it injects one fault after the other into a real service with real traffic, and compares what otelperf says is the
// cause with the truth. Load and the dependencies (an HTTP service and a database) are processes of their own.
//
//	go run ./causes                  all faults once
//	go run ./causes -run pool,lock   those whose names have one of these words
//	go run ./causes -rounds 3        three times, each with a seed of its own
package main
