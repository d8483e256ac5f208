// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// backendProcess is what the shop depends on: an inventory that takes as long as it is asked to, and a database that does likewise and
// speaks PostgreSQL's protocol. It writes their addresses.
func backendProcess() error {
	stock, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	database, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(stock, http.HandlerFunc(serveStock)) }()
	go func() {
		for {
			c, err := database.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = serveDatabase(c)
				_ = c.Close()
			}()
		}
	}()
	return hello(addresses{Inventory: "http://" + stock.Addr().String(), Database: database.Addr().String()})
}

func serveStock(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.Atoi(r.URL.Query().Get("ms"))
	if err != nil {
		http.Error(w, "ms: "+err.Error(), http.StatusBadRequest)
		return
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	_, _ = io.WriteString(w, "17")
}

// serveDatabase answers simple queries on a connection: SELECT work(5) takes 5 ms.
func serveDatabase(c net.Conn) error {
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return err
	}
	ready := func() error {
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		return b.Flush()
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	for err := ready(); err == nil; err = ready() {
		message, err := b.Receive()
		if err != nil {
			return err
		}
		q, ok := message.(*pgproto3.Query)
		if !ok {
			return errors.New("not a simple query")
		}
		answer(b, q.String)
	}
	return nil
}

func answer(b *pgproto3.Backend, query string) {
	arg, ok := strings.CutPrefix(query, "SELECT work(")
	if !ok { // BEGIN, ROLLBACK, a ping
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte(strings.ToUpper(query))})
		return
	}
	ms, _ := strconv.Atoi(strings.TrimSuffix(arg, ")"))
	time.Sleep(time.Duration(ms) * time.Millisecond)
	b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("work"), DataTypeOID: 23, DataTypeSize: 4}}})
	b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("1")}})
	b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
}
