// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// StartPrometheus starts a Prometheus with a configuration, which ends with the test, and returns the URL of its API, which may
// answer a moment later.
func StartPrometheus(tb testing.TB, config string) (api string) {
	tb.Helper()
	binary := Command(tb, Prometheus, "prometheus")
	dir, address := tb.TempDir(), Address(tb)
	path := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(binary, "--config.file="+path, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--enable-feature=native-histograms", "--log.level=warn")
	cmd.Stderr = tb.Output()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	return "http://" + address
}
