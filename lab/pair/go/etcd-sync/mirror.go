package main

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/mirror"
	"k8s.io/klog/v2"
)

const (
	look    = 20 * time.Millisecond
	waiting = 100_000 // changes that may be kept back at once
)

// Mirror carries what is synchronised from the remote etcd to the local one.
type Mirror struct {
	remote, local *clientv3.Client
	scope         Scope
	control       Control
	follows       atomic.Bool // all that was there at its start is carried over
}

type change struct {
	event *clientv3.Event
	seen  time.Time
}

// Run mirrors until the context ends, from the beginning again after each failure.
func (m *Mirror) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := m.once(ctx); err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "Sync failed")
			time.Sleep(time.Second)
		}
		m.follows.Store(false)
	}
}

func (m *Mirror) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	klog.Info("Start Sync base")
	syncer := mirror.NewSyncer(m.remote, registry, 0)
	pages, failures := syncer.SyncBase(ctx)
	count := 0
	for page := range pages {
		for _, pair := range page.Kvs {
			if !m.scope.Has(string(pair.Key)) {
				continue
			}
			count++
			if err := m.put(ctx, pair); err != nil {
				return err
			}
		}
	}
	if err := <-failures; err != nil {
		return err
	}
	klog.Infof("Sync base finished, %d keys", count)
	klog.Info("Start Sync update")
	m.follows.Store(true)
	return m.follow(ctx, syncer.SyncUpdates(ctx))
}

// follow reads changes as they come, and applies each when it is due.
func (m *Mirror) follow(ctx context.Context, responses clientv3.WatchChan) error {
	due := make(chan change, waiting)
	applied := make(chan error, 1)
	go func() { applied <- m.apply(ctx, due) }()
	for {
		select {
		case err := <-applied:
			return err
		case response, open := <-responses:
			if !open {
				return errors.New("the watch has ended")
			}
			if err := response.Err(); err != nil {
				return err
			}
			for _, event := range response.Events {
				if m.scope.Has(string(event.Kv.Key)) {
					due <- change{event, time.Now()}
				}
			}
		}
	}
}

func (m *Mirror) apply(ctx context.Context, due <-chan change) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case next := <-due:
			for m.control.Stopped() || time.Since(next.seen) < m.control.Delay() {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				time.Sleep(look)
			}
			if err := m.carry(ctx, next.event); err != nil {
				return err
			}
		}
	}
}

func (m *Mirror) carry(ctx context.Context, event *clientv3.Event) error {
	if event.Type == mvccpb.DELETE {
		_, err := m.local.Delete(ctx, string(event.Kv.Key))
		return err
	}
	return m.put(ctx, event.Kv)
}

func (m *Mirror) put(ctx context.Context, pair *mvccpb.KeyValue) error {
	found, err := m.local.Get(ctx, string(pair.Key))
	if err != nil {
		return err
	}
	if len(found.Kvs) == 1 && bytes.Equal(found.Kvs[0].Value, pair.Value) {
		return nil
	}
	_, err = m.local.Put(ctx, string(pair.Key), string(pair.Value))
	return err
}
