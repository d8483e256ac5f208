// SPDX-License-Identifier: Apache-2.0

// Command screenshots runs a small shop under load, lets one endpoint become slow, and takes pictures of the live page in a
// real browser:
//
//	go run ./screenshots -out screenshots/img
//
// It writes light.png, dark.png, phone.png, slow.png (a slow request, open) and spike.png, and takes about seven minutes,
// most of which is the shop's ordinary life: charts need something to show.
//
//	go run ./screenshots -matrix -out screenshots/img/matrix
//
// takes pictures of the page with no endpoint, with 7, with 300 and during a spike, each at four widths, in light and in dark,
// and writes an index of them, README.md. On two busy cores that takes about eight minutes.
package main
