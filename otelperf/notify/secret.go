// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
)

// maxSecret bounds a secret, in bytes.
const maxSecret = 4 << 10

// Secret is a key, a token or a URL that nobody is to see: no way of printing it shows more than where it comes from.
type Secret struct{ text, file string }

// SecretText is a secret that the program has.
func SecretText(text string) Secret { return Secret{text: strings.TrimSpace(text)} }

// SecretFile is a secret in a regular file of at most 4 KiB, without the white space around it. It is read for each message, so that
// a file that is replaced counts at once.
func SecretFile(path string) Secret { return Secret{file: path} }

// String says where the secret comes from.
func (s Secret) String() string {
	switch {
	case s.file != "":
		return "secret in a file"
	case s.text != "":
		return "secret"
	}
	return "no secret"
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Secret) given() bool { return s.text != "" || s.file != "" }

// read returns the secret. Its errors do not show it, nor the path.
func (s Secret) read() (string, error) {
	if s.file == "" {
		if s.text == "" || len(s.text) > maxSecret {
			return "", errors.New("it is empty or above 4 KiB")
		}
		return s.text, nil
	}
	info, err := os.Stat(s.file) // which, unlike Open, does not wait for the other end of a pipe
	if err != nil || !info.Mode().IsRegular() {
		return "", errors.New("its file is no regular file that can be read")
	}
	f, err := os.Open(s.file)
	if err != nil {
		return "", errors.New("its file cannot be read")
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	_ = f.Close()
	text := strings.TrimSpace(string(raw))
	if err != nil || text == "" || len(raw) > maxSecret {
		return "", errors.New("its file is empty, above 4 KiB or cannot be read")
	}
	return text, nil
}
