// SPDX-License-Identifier: Apache-2.0

// Package objective keeps the error budget of a service level objective: of all requests of a period, a share of Target is to be good.
// Counts and times go in; what is left of the budget, burn rates and alerts come out. What good means is the caller's: not failed, or
// answered within 300 ms.
//
// # The method
//
// The budget is 1-Target of the requests of the last Period. A burn rate is the share of bad requests over 1-Target: at 1 the budget
// lasts exactly the period. Alerts are those of chapter 5 of The Site Reliability Workbook (B. Beyer and others, O'Reilly 2018), multiple
// windows with multiple burn rates: an alert takes a high rate over a long window, so that enough of the budget is gone, and over a short
// one, so that it ends soon after the trouble does.
//
//	long  short   of the budget  burn rate at 30 days
//	1 h   5 min   2 %            14.4  page
//	6 h   30 min  5 %            6     page
//	3 d   6 h     10 %           1     ticket
//
// The rates scale with the period, since it is the share of the budget that matters, but are never below 1, and never ask for more than
// four fifths of all requests to be bad.
//
// # Little traffic
//
// One failed request at night is a burn rate of a thousand. An alert also takes LeastBad bad requests in the long window and two in the
// short one, and evidence that the rate is more than half of what the alert asks for: n requests with a share p of bad ones count
// n·KL(p, q) nats against a share q (H. Chernoff, 1952: by chance there are as many with a probability of exp of minus that), of which an
// alert takes 7, one in a thousand. At the rate that is asked for it takes 36 bad requests; if all fail, the LeastBad.
//
// # What it costs
//
// Windows are rings of steps: 10 s for 5 min and 1 h, 1 min for 30 min and 6 h, 1 h for 3 days and the period. A window is the running step
// and as many before it as it is long, so that it is longer than its name by up to one step: 3.3 % of 5 min and of 30 min, 0.3 % of 1 h and
// of 6 h, 1.4 % of 3 days, 0.14 % of 30 days. Within these windows counts are exact, which the tests prove against the raw requests of 30
// simulated days; against windows of the exact length burn rates differ by what comes and goes within a step.
//
// A [Budget] holds 12 KiB and 16 bytes for each hour of its period: 23 KiB at 30 days, 46 KiB at 90.
//
// # Clocks
//
// Time passes by the steps of the wall clock. A step back counts as one second, and so does one of more than a day ahead: the clock was set,
// and what is known stays. A step of less than a day ahead is time that has passed.
package objective
