// The lab's stand-in for ACP's etcd Synchronizer: mirrors one cluster's etcd to another's, and says where they differ.
package main

import (
	"context"
	"flag"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

const (
	dial      = 5 * time.Second
	keepAlive = 5 * time.Second
)

type options struct {
	listen, remote, remotePki, local, localPki, excluded, kinds, own, control, lease, namespace string
}

func main() {
	var chosen options
	monitors := flag.Bool("monitor", false, "answer /check instead of mirroring")
	flag.StringVar(&chosen.listen, "listen", ":8080", "address to answer HTTP at")
	flag.StringVar(&chosen.remote, "remote", "", "endpoints of the active cluster's etcd")
	flag.StringVar(&chosen.remotePki, "remote-pki", "", "folder with its ca.crt, tls.crt and tls.key")
	flag.StringVar(&chosen.local, "local", "", "endpoints of this cluster's etcd")
	flag.StringVar(&chosen.localPki, "local-pki", "", "folder with its ca.crt, tls.crt and tls.key")
	flag.StringVar(&chosen.excluded, "excluded", "", "namespaces that are not synchronised")
	flag.StringVar(&chosen.kinds, "kinds", "", "kinds outside of namespaces that are, as group/plural")
	flag.StringVar(&chosen.own, "own", "global", "the object of these kinds that is not")
	flag.StringVar(&chosen.control, "control", "/tmp", "folder by which the lab makes this misbehave")
	flag.StringVar(&chosen.lease, "lease", "", "Lease by which one of several Pods leads")
	flag.StringVar(&chosen.namespace, "namespace", "cpaas-system", "of the Lease")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	remote, local := connect(chosen.remote, chosen.remotePki), connect(chosen.local, chosen.localPki)
	scope, control := NewScope(chosen.excluded, chosen.kinds, chosen.own), Control{chosen.control}
	routes := http.NewServeMux()
	if *monitors {
		routes.Handle("GET /check", &Monitor{remote, local, scope, control})
		routes.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
		serve(ctx, chosen.listen, routes)
		return
	}
	mirror := &Mirror{remote: remote, local: local, scope: scope, control: control}
	leads := chosen.lease != ""
	routes.HandleFunc("GET /healthz", func(writer http.ResponseWriter, _ *http.Request) {
		// One that does not lead has nothing to carry over.
		if control.Unready() || !leads && !mirror.follows.Load() {
			http.Error(writer, "not synchronised yet", http.StatusServiceUnavailable)
		}
	})
	go serve(ctx, chosen.listen, routes)
	if leads {
		lead(ctx, chosen, mirror.Run)
	} else {
		mirror.Run(ctx)
	}
}

func serve(ctx context.Context, address string, handler http.Handler) {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: dial}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ListenAndServe(); err != nil && ctx.Err() == nil {
		klog.Fatal(err)
	}
}

func connect(endpoints, pki string) *clientv3.Client {
	files := transport.TLSInfo{
		TrustedCAFile: filepath.Join(pki, "ca.crt"),
		CertFile:      filepath.Join(pki, "tls.crt"),
		KeyFile:       filepath.Join(pki, "tls.key"),
	}
	settings, err := files.ClientConfig()
	if err != nil {
		klog.Fatal(err)
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            strings.Split(endpoints, ","),
		TLS:                  settings,
		DialKeepAliveTime:    keepAlive,
		DialKeepAliveTimeout: keepAlive,
	})
	if err != nil {
		klog.Fatal(err)
	}
	return client
}

// lead works while this Pod holds the Lease; when it loses it, it ends, and begins anew as a new container.
func lead(ctx context.Context, chosen options, work func(context.Context)) {
	settings, err := rest.InClusterConfig()
	if err != nil {
		klog.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		klog.Fatal(err)
	}
	client := coordination.NewForConfigOrDie(settings)
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: chosen.lease, Namespace: chosen.namespace},
			Client:     client,
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   15 * time.Second,
		RenewDeadline:   10 * time.Second,
		RetryPeriod:     time.Second,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				klog.Info("Acquired leader lease")
				work(ctx)
			},
			OnStoppedLeading: func() {
				if ctx.Err() == nil {
					klog.Fatal("Lost leader lease")
				}
			},
		},
	})
}
