// SPDX-License-Identifier: Apache-2.0

// Package historytest tests stores of histories: what package history promises of them, any store can be held to.
//
//	func TestStore(t *testing.T) {
//		historytest.Run(t, historytest.Subject{Open: func(t *testing.T, r history.Retention) history.Store {
//			return openEmpty(t, r)
//		}})
//	}
//
// What it stores has signals in each minute, and rows where there was a request: either stands for a process that ran, see [history.Batch].
package historytest
