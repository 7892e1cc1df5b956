"""What runs in every cluster beside its control plane: CoreDNS, and kube-proxy on each node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from lab.control_plane.images import image_name
from lab.control_plane.layout import DNS_DOMAIN, DNS_SERVICE, POD_NETWORK

if TYPE_CHECKING:
    from lab.control_plane.layout import Layout

_NAMESPACE = "kube-system"
_EVERYWHERE = [{"operator": "Exists"}]
_DNS_REPLICAS = 2


def addons(layout: Layout) -> list[dict[str, Any]]:
    """Give the objects of CoreDNS and kube-proxy."""
    return [*_coredns(layout), *_kube_proxy(layout)]


def _coredns(layout: Layout) -> list[dict[str, Any]]:
    rules = [
        {"apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    labels = {"k8s-app": "kube-dns"}
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        {"name": "metrics", "port": 9153, "protocol": "TCP"},
    ]
    role = _object("ClusterRole", "system:coredns", "rbac.authorization.k8s.io/v1", rules=rules)
    config = _object("ConfigMap", "coredns", data={"Corefile": corefile(layout)})
    service = {"selector": labels, "clusterIP": DNS_SERVICE, "ports": ports}
    return [
        _object("ServiceAccount", "coredns"),
        role,
        _binding("system:coredns", "coredns"),
        config,
        _object("Service", "kube-dns", labels=labels, spec=service),
        _workload("Deployment", "coredns", labels, _coredns_pod(layout), replicas=_DNS_REPLICAS),
    ]


def corefile(layout: Layout) -> str:
    """Give CoreDNS's configuration: names of the cluster, and the platform's own name, known here or by a server."""
    known = f"hosts {{\n       {layout.endpoint} {layout.domain}\n       fallthrough\n    }}"
    others = f"forward . {layout.dns_server}" if layout.dns_server else known
    # What the server says is forgotten a second later, not five: the lab changes it often.
    quickly = " {\n       success 9984 30 1\n       denial 9984 5 1\n    }" if layout.dns_server else ""
    return f""".:53 {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    kubernetes {DNS_DOMAIN} in-addr.arpa ip6.arpa {{
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    {others}
    prometheus :9153
    cache 30{quickly}
    reload 2s
    loadbalance
}}
"""


def _coredns_pod(layout: Layout) -> dict[str, Any]:
    container = {
        "name": "coredns",
        "image": image_name("coredns", layout.release.coredns),
        "imagePullPolicy": "IfNotPresent",
        "args": ["/coredns", "-conf", "/etc/coredns/Corefile"],
        "resources": {"requests": {"cpu": "100m", "memory": "70Mi"}, "limits": {"memory": "170Mi"}},
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": True}],
        "ports": [
            {"name": "dns", "containerPort": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
        ],
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "initialDelaySeconds": 60, "timeoutSeconds": 5},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1, "timeoutSeconds": 5},
    }
    config = {"name": "coredns", "items": [{"key": "Corefile", "path": "Corefile"}]}
    return {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "tolerations": _EVERYWHERE,
        "containers": [container],
        "volumes": [{"name": "config-volume", "configMap": config}],
    }


def _kube_proxy(layout: Layout) -> list[dict[str, Any]]:
    account = "/var/run/secrets/kubernetes.io/serviceaccount"
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "lab",
                "cluster": {"server": layout.server, "certificate-authority": f"{account}/ca.crt"},
            }
        ],
        "users": [{"name": "kube-proxy", "user": {"tokenFile": f"{account}/token"}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "kube-proxy"}}],
        "current-context": "lab",
    }
    config = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": str(POD_NETWORK),
        "clientConnection": {"kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
        # The table of connections belongs to the machine: its size is not a node's to change.
        "conntrack": {
            "maxPerCore": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
            "udpTimeout": "0s",
            "udpStreamTimeout": "0s",
        },
        "nftables": {"minSyncPeriod": "100ms"},
    }
    texts = {"config.conf": yaml.safe_dump(config), "kubeconfig.conf": yaml.safe_dump(kubeconfig)}
    return [
        _object("ServiceAccount", "kube-proxy"),
        _binding("system:node-proxier", "kube-proxy"),
        _object("ConfigMap", "kube-proxy", data=texts),
        _workload("DaemonSet", "kube-proxy", {"k8s-app": "kube-proxy"}, _kube_proxy_pod(layout)),
    ]


def _kube_proxy_pod(layout: Layout) -> dict[str, Any]:
    node = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    container = {
        "name": "kube-proxy",
        "image": image_name("kube-proxy", f"v{layout.release.kubernetes}"),
        "imagePullPolicy": "IfNotPresent",
        "command": [
            "/opt/kube-proxy",
            "--config=/var/lib/kube-proxy/config.conf",
            "--hostname-override=$(NODE_NAME)",
        ],
        "env": [node],
        "securityContext": {"privileged": True},
        "volumeMounts": [
            {"name": "kube-proxy", "mountPath": "/var/lib/kube-proxy"},
            {"name": "programs", "mountPath": "/usr", "readOnly": True},
        ],
    }
    return {
        "serviceAccountName": "kube-proxy",
        "priorityClassName": "system-node-critical",
        "hostNetwork": True,
        "tolerations": _EVERYWHERE,
        "containers": [container],
        "volumes": [
            {"name": "kube-proxy", "configMap": {"name": "kube-proxy"}},
            {"name": "programs", "hostPath": {"path": "/usr"}},
        ],
    }


def _workload(
    kind: str, name: str, labels: dict[str, str], pod: dict[str, Any], replicas: int | None = None
) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return _object(kind, name, "apps/v1", labels=labels, spec=spec)


def _binding(role: str, account: str) -> dict[str, Any]:
    return _object(
        "ClusterRoleBinding",
        f"lab:{account}",
        "rbac.authorization.k8s.io/v1",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": _NAMESPACE}],
    )


def _object(
    kind: str, name: str, version: str = "v1", labels: dict[str, str] | None = None, **content: object
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if not kind.startswith("Cluster"):
        metadata["namespace"] = _NAMESPACE
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}
