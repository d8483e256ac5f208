// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"time"
)

// books are what the service has; the number is the id.
var books = []string{"The Mezzanine", "Stoner", "Piranesi"}

func listBooks(w http.ResponseWriter, _ *http.Request) {
	for id, title := range books {
		_, _ = fmt.Fprintf(w, "%d %s\n", id, title)
	}
}

// showBook takes longer than the slow threshold for the last of them.
func showBook(w http.ResponseWriter, r *http.Request) {
	for id, title := range books {
		if r.PathValue("id") != fmt.Sprint(id) {
			continue
		}
		if id == len(books)-1 {
			time.Sleep(600 * time.Millisecond)
		}
		_, _ = fmt.Fprintln(w, title)
		return
	}
	http.NotFound(w, r)
}
