// SPDX-License-Identifier: Apache-2.0

// Package chromium finds a browser.
package chromium

import (
	"errors"
	"os"
	"os/exec"
)

// ErrMissing says that no browser is installed.
var ErrMissing = errors.New("no chromium: apt-get install chromium, or name one in CHROMIUM")

// Path returns where the browser is: $CHROMIUM, else Debian's /usr/bin/chromium, else what PATH has.
func Path() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "/usr/bin/chromium", "chromium", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}
