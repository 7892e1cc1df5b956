"""The Pods that a node of the control plane runs from files: etcd, API server, controller manager, scheduler.

Their arguments are those that kubeadm writes, with the networks of ACP.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from lab.control_plane.images import image_name
from lab.control_plane.layout import API_PORT, POD_NETWORK, SERVICE_NETWORK
from lab.plan import NodeFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.control_plane.layout import Layout, Member

MANIFESTS = "etc/kubernetes/manifests"
ENCRYPTION = "/etc/kubernetes/encryption-provider.conf"
"""The API servers' keys, where ACP has them."""
PKI = "/etc/kubernetes/pki"
_ETCD = f"{PKI}/etcd"


def etcd_command(layout: Layout, member: Member) -> list[str]:
    """Give the command line of etcd on a node."""
    options = {
        "name": member.name,
        "data-dir": "/var/lib/etcd",
        "advertise-client-urls": f"https://{member.address}:2379",
        "listen-client-urls": f"https://127.0.0.1:2379,https://{member.address}:2379",
        "listen-metrics-urls": "http://127.0.0.1:2381",
        "initial-advertise-peer-urls": f"https://{member.address}:2380",
        "listen-peer-urls": f"https://{member.address}:2380",
        "initial-cluster": layout.etcd_cluster,
        "initial-cluster-state": "new",
        "client-cert-auth": "true",
        "trusted-ca-file": f"{_ETCD}/ca.crt",
        "cert-file": f"{_ETCD}/server.crt",
        "key-file": f"{_ETCD}/server.key",
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": f"{_ETCD}/ca.crt",
        "peer-cert-file": f"{_ETCD}/peer.crt",
        "peer-key-file": f"{_ETCD}/peer.key",
        "snapshot-count": "10000",
        # Three members on a machine with few processors shall not hold elections because one of them waited.
        "heartbeat-interval": "500",
        "election-timeout": "5000",
    }
    return ["etcd", *_flags(options)]


def api_server_command(member: Member) -> list[str]:
    """Give the command line of the API server on a node."""
    options = {
        "advertise-address": member.address,
        "allow-privileged": "true",
        "authorization-mode": "Node,RBAC",
        "client-ca-file": f"{PKI}/ca.crt",
        "enable-admission-plugins": "NodeRestriction",
        "etcd-cafile": f"{_ETCD}/ca.crt",
        "etcd-certfile": f"{PKI}/apiserver-etcd-client.crt",
        "etcd-keyfile": f"{PKI}/apiserver-etcd-client.key",
        "etcd-servers": "https://127.0.0.1:2379",
        "kubelet-certificate-authority": f"{PKI}/ca.crt",
        "kubelet-client-certificate": f"{PKI}/apiserver-kubelet-client.crt",
        "kubelet-client-key": f"{PKI}/apiserver-kubelet-client.key",
        "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
        "proxy-client-cert-file": f"{PKI}/front-proxy-client.crt",
        "proxy-client-key-file": f"{PKI}/front-proxy-client.key",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-client-ca-file": f"{PKI}/front-proxy-ca.crt",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "secure-port": str(API_PORT),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": f"{PKI}/sa.pub",
        "service-account-signing-key-file": f"{PKI}/sa.key",
        "service-cluster-ip-range": str(SERVICE_NETWORK),
        "tls-cert-file": f"{PKI}/apiserver.crt",
        "tls-private-key-file": f"{PKI}/apiserver.key",
    }
    return ["kube-apiserver", *_flags(options)]


def controller_manager_command() -> list[str]:
    """Give the command line of the controller manager."""
    config = "/etc/kubernetes/controller-manager.conf"
    options = {
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": "127.0.0.1",
        "client-ca-file": f"{PKI}/ca.crt",
        "cluster-cidr": str(POD_NETWORK),
        "cluster-name": "global",
        "cluster-signing-cert-file": f"{PKI}/ca.crt",
        "cluster-signing-key-file": f"{PKI}/ca.key",
        "controllers": "*,bootstrapsigner,tokencleaner",
        "kubeconfig": config,
        "leader-elect": "true",
        "requestheader-client-ca-file": f"{PKI}/front-proxy-ca.crt",
        "root-ca-file": f"{PKI}/ca.crt",
        "service-account-private-key-file": f"{PKI}/sa.key",
        "service-cluster-ip-range": str(SERVICE_NETWORK),
        "use-service-account-credentials": "true",
    }
    return ["kube-controller-manager", *_flags(options)]


def scheduler_command() -> list[str]:
    """Give the command line of the scheduler."""
    config = "/etc/kubernetes/scheduler.conf"
    options = {
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": "127.0.0.1",
        "kubeconfig": config,
        "leader-elect": "true",
    }
    return ["kube-scheduler", *_flags(options)]


def static_pods(layout: Layout, member: Member) -> list[NodeFile]:
    """Give the files of the Pods of a node of the control plane."""
    version = f"v{layout.release.kubernetes}"
    manager, scheduler = ("/etc/kubernetes/controller-manager.conf", "/etc/kubernetes/scheduler.conf")
    command, own = api_server_command(member), {"k8s-certs": PKI}
    if layout.encryption:
        command.append(f"--encryption-provider-config={ENCRYPTION}")
        own["encryption"] = ENCRYPTION
    server = _container("kube-apiserver", version, command, _probe("/livez", API_PORT, "HTTPS", member.address))
    ready = _probe("/readyz", API_PORT, "HTTPS", member.address)
    server["readinessProbe"] = {**ready, "periodSeconds": 1, "failureThreshold": 3}
    etcd = _container("etcd", f"v{layout.release.etcd}", etcd_command(layout, member), _probe("/livez", 2381, "HTTP"))
    probed = _probe("/healthz", 10257, "HTTPS")
    managers = _container("kube-controller-manager", version, controller_manager_command(), probed)
    schedulers = _container("kube-scheduler", version, scheduler_command(), _probe("/healthz", 10259, "HTTPS"))
    pods = [
        _pod(etcd, {"etcd-data": "/var/lib/etcd", "etcd-certs": _ETCD}),
        _pod(server, own),
        _pod(managers, {"k8s-certs": PKI, "kubeconfig": manager}),
        _pod(schedulers, {"kubeconfig": scheduler}),
    ]
    keys = [NodeFile(ENCRYPTION[1:], layout.encryption, 0o600)] if layout.encryption else []
    return [*keys, *(NodeFile(f"{MANIFESTS}/{pod['metadata']['name']}.yaml", _text(pod), 0o600) for pod in pods)]


def _text(pod: dict[str, Any]) -> str:
    # Through JSON, so that what stands twice is written twice, and not as a reference.
    return yaml.safe_dump(json.loads(json.dumps(pod)), sort_keys=False)


def _flags(options: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in options.items()]


def _probe(path: str, port: int, scheme: str, host: str = "127.0.0.1") -> dict[str, Any]:
    return {"httpGet": {"host": host, "path": path, "port": port, "scheme": scheme}, "timeoutSeconds": 15}


def _container(name: str, version: str, command: list[str], probe: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "image": image_name(name, version),
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}},
        # A machine with few processors starts slowly; only then are the usual probes made.
        "startupProbe": {**probe, "periodSeconds": 1, "failureThreshold": 240},
        "livenessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 8},
    }


def _pod(container: dict[str, Any], mounts: Mapping[str, str]) -> dict[str, Any]:
    """Give a Pod of one container, with files and folders of the node in their own places."""
    own = [{"name": name, "mountPath": place, "readOnly": name != "etcd-data"} for name, place in mounts.items()]
    name = container["name"]
    labels = {"component": name, "tier": "control-plane"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": {
            "containers": [{**container, "volumeMounts": own}],
            "hostNetwork": True,
            "priorityClassName": "system-node-critical",
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "volumes": [{"name": volume, "hostPath": {"path": place}} for volume, place in mounts.items()],
        },
    }
