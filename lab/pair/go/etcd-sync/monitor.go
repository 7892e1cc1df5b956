package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"sort"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/klog/v2"
)

const (
	missed  = "LOCAL ETCD missed keys:"
	surplus = "LOCAL ETCD surplus keys:"
	page    = 10_000
	patient = 30 * time.Second
	many    = 200_000
)

// Monitor answers which keys only one of the two has.
type Monitor struct {
	remote, local *clientv3.Client
	scope         Scope
	control       Control
}

// ServeHTTP answers /check.
func (m *Monitor) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	if answer := m.control.Answer(); answer != "" {
		misbehave(answer, writer, request)
		return
	}
	ctx, cancel := context.WithTimeout(request.Context(), patient)
	defer cancel()
	remote, err := m.keys(ctx, m.remote)
	if err != nil {
		fail(writer, fmt.Errorf("remote etcd: %w", err))
		return
	}
	local, err := m.keys(ctx, m.local)
	if err != nil {
		fail(writer, fmt.Errorf("local etcd: %w", err))
		return
	}
	say(writer, without(remote, local), without(local, remote))
}

func fail(writer http.ResponseWriter, err error) {
	klog.ErrorS(err, "Check failed")
	http.Error(writer, err.Error(), http.StatusInternalServerError)
}

func (m *Monitor) keys(ctx context.Context, client *clientv3.Client) (map[string]bool, error) {
	found := map[string]bool{}
	from, end, revision := registry, clientv3.GetPrefixRangeEnd(registry), int64(0)
	for {
		got, err := client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithKeysOnly(),
			clientv3.WithLimit(page), clientv3.WithRev(revision))
		if err != nil {
			return nil, err
		}
		for _, pair := range got.Kvs {
			if m.scope.Has(string(pair.Key)) {
				found[string(pair.Key)] = true
			}
		}
		if !got.More {
			return found, nil
		}
		from, revision = string(got.Kvs[len(got.Kvs)-1].Key)+"\x00", got.Header.Revision
	}
}

func without(some, others map[string]bool) []string {
	found := []string{}
	for key := range some {
		if !others[key] {
			found = append(found, key)
		}
	}
	sort.Strings(found)
	return found
}

func say(writer http.ResponseWriter, missing, extra []string) {
	writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	lines := bufio.NewWriter(writer)
	defer lines.Flush()
	for _, part := range []struct {
		header string
		keys   []string
	}{{missed, missing}, {surplus, extra}} {
		fmt.Fprintln(lines, part.header)
		for _, key := range part.keys {
			fmt.Fprintln(lines, key)
		}
	}
}

// misbehave answers as the lab asks for.
func misbehave(answer string, writer http.ResponseWriter, request *http.Request) {
	switch answer {
	case "lie":
		say(writer, nil, nil)
	case "nothing":
		writer.WriteHeader(http.StatusOK)
	case "silent":
		<-request.Context().Done()
	case "error":
		http.Error(writer, "context deadline exceeded", http.StatusInternalServerError)
	case "html":
		writer.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintln(writer, "<!DOCTYPE html><html><head><title>Sign in</title></head><body>LOCAL ETCD missed keys:</body></html>")
	case "many":
		keys := make([]string, many)
		for number := range keys {
			keys[number] = fmt.Sprintf("/registry/configmaps/acme/made-up-%06d", number)
		}
		say(writer, keys, nil)
	default:
		fmt.Fprintln(writer, answer)
	}
}
