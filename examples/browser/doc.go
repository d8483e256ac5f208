// SPDX-License-Identifier: Apache-2.0

// Package browser holds tests alone: the live page, the tracking snippet and the access rules in a real browser, Debian's
// chromium, and every answer of the JSON endpoint against its OpenAPI document by an independent implementation. What the
// snippet sends goes through a real collector, which runs in the test's process. The
// tests that need a browser are skipped where there is none. The screenshots of the README are made by
//
//	go run ./screenshots -out screenshots/img
package browser
