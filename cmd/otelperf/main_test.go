// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	defaultTimeout = 5 * time.Minute
	testscript.Main(m, map[string]func(){"otelperf": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC") // wherever they run
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"address":   address,
			"exits":     exits,
			"httpget":   httpget,
			"putline":   putline,
			"serve":     serve,
			"stored":    stored,
			"terminate": terminate,
		},
	})
}
