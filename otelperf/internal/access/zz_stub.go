// SPDX-License-Identifier: Apache-2.0

package access // lead's stub so that otelperf compiles: delete this file when the real package is here

import "net/http"

type Config struct {
	Authorizer  func(*http.Request) bool
	BearerToken string
}
type Guard struct{ Config }

func New(c Config) *Guard                             { return &Guard{c} }
func (g *Guard) Wrap(next http.Handler) http.Handler { return next }
