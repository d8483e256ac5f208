// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"testing"
)

func TestFileIsCurrent(t *testing.T) {
	file, err := os.ReadFile("../writers.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, generate()) {
		t.Error("writers.go is not what writergen writes: go generate ./otelperf/internal/httpmw")
	}
}
