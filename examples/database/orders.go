// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
)

// lines is how many lines every order has.
const lines = 40

// schema makes one order of 40 lines. It is understood by both databases.
const schema = `
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE order_lines (order_id INTEGER NOT NULL, product_id INTEGER NOT NULL);`

// store is what the handlers need of a database.
type store interface {
	// Products returns the ids of an order's products.
	Products(ctx context.Context, order string) ([]int, error)
	// Name returns the name of one product.
	Name(ctx context.Context, product int) (string, error)
	// Names returns the names of all products of an order, in one query.
	Names(ctx context.Context, order string) ([]string, error)
	Stats() sql.DBStats
	Close()
}

const (
	selectProducts = "SELECT product_id FROM order_lines WHERE order_id = $1"
	selectName     = "SELECT name FROM products WHERE id = $1"
	selectNames    = "SELECT p.name FROM products p JOIN order_lines l ON l.product_id = p.id WHERE l.order_id = $1"
)

func routes(db store, c *cache) *http.ServeMux {
	mux := http.NewServeMux()
	// The mistake that object mappers make: one query for the list, and one for each of its lines.
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		products, err := db.Products(r.Context(), r.PathValue("id"))
		for _, id := range products {
			var name string
			if name, err = db.Name(r.Context(), id); err != nil {
				break
			}
			_, _ = fmt.Fprintln(w, name)
		}
		report(w, err)
	})
	mux.HandleFunc("GET /orders/{id}/joined", func(w http.ResponseWriter, r *http.Request) {
		names, err := db.Names(r.Context(), r.PathValue("id"))
		_, _ = fmt.Fprintln(w, names)
		report(w, err)
	})
	mux.HandleFunc("GET /stock", func(w http.ResponseWriter, r *http.Request) {
		for id := range lines {
			n, err := c.Stock(r.Context(), id)
			if err != nil {
				report(w, err)
				return
			}
			_, _ = fmt.Fprintln(w, id, n)
		}
	})
	return mux
}

func report(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
