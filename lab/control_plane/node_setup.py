"""What makes a lab's node one of a cluster: containerd, CNI, kubelet, routes to other nodes' Pods, kernel settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from lab.control_plane.images import PAUSE
from lab.control_plane.layout import DNS_DOMAIN, DNS_SERVICE, POD_NETWORK, SERVICE_NETWORK
from lab.plan import NodeFile

if TYPE_CHECKING:
    from lab.control_plane.layout import Layout, Member

SERVICES = "etc/lab/services"
SERVICE_PROGRAM = "usr/lib/lab/service"
_SETUP = "usr/lib/lab/join"
_SEED = "usr/lib/lab/seed-containerd"
_SOCKET = "/run/containerd/containerd.sock"
_PROGRAM = 0o755
IMPORT = "ctr --namespace k8s.io images import"
_UNTIL_IT_ANSWERS = "for _ in $(seq 600); do ctr version >/dev/null 2>&1 && break; sleep 0.05; done"
START_CONTAINERD = f"/{SERVICE_PROGRAM} start containerd; {_UNTIL_IT_ANSWERS}"
"""Starts containerd, and waits until it answers."""
_KERNEL = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
"""What kubelet sets where it finds other values. These belong to the machine: nodes show files in their places."""


def service_files() -> list[NodeFile]:
    """Give the program that keeps services running."""
    return [_program("service", SERVICE_PROGRAM)]


def _program(name: str, place: str) -> NodeFile:
    return NodeFile(place, (Path(__file__).parent / "files" / name).read_text(encoding="utf-8"), _PROGRAM)


def containerd_files() -> list[NodeFile]:
    """Give the files of a node that runs containerd."""
    return [
        *service_files(),
        service("containerd", ["containerd", "--config=/etc/containerd/config.toml"]),
        NodeFile("etc/containerd/config.toml", containerd_config()),
    ]


def service(name: str, command: list[str]) -> NodeFile:
    """Give the file of a service."""
    return NodeFile(f"{SERVICES}/{name}", f"#!/bin/sh\nexec {' '.join(command)}\n", _PROGRAM)


def node_files(layout: Layout, member: Member) -> list[NodeFile]:
    """Give the files of a node that runs Pods, beside its keys."""
    kubelet = [
        "kubelet",
        "--config=/var/lib/kubelet/config.yaml",
        "--kubeconfig=/etc/kubernetes/kubelet.conf",
        f"--hostname-override={member.name}",
        f"--node-ip={member.address}",
        "--v=1",
    ]
    return [
        *containerd_files(),
        service("kubelet", kubelet),
        _program("seed-containerd", _SEED),
        NodeFile("etc/cni/net.d/10-lab.conflist", json.dumps(_pod_network(member), indent=1)),
        NodeFile("var/lib/kubelet/config.yaml", yaml.safe_dump(_kubelet(), sort_keys=False)),
        NodeFile(_SETUP, _setup(layout, member), _PROGRAM),
    ]


def join_command() -> str:
    """Give the command that sets up a node whose files are written, and starts its services."""
    return f"/{_SETUP}"


def containerd_config() -> str:
    """Give containerd's configuration."""
    return f"""version = 2
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  # No Pod of a lab is kept from the kernel's choice before this machine's own programs; it may not be allowed, either.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
"""


def _pod_network(member: Member) -> dict[str, object]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(member.pod_range)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "lab", "plugins": [bridge, ports]}


def _kubelet() -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": DNS_DOMAIN,
        "containerRuntimeEndpoint": f"unix://{_SOCKET}",
        # In memory, with sizes that are only shown: what is free says nothing.
        "evictionHard": {"imagefs.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%"},
        "imageGCHighThresholdPercent": 100,
        "failSwapOn": False,
        "failCgroupV1": False,
        "fileCheckFrequency": "5s",
        # What could not be done before the API server was there is tried again soon: mirrors of static Pods, above all.
        "syncFrequency": "5s",
        "staticPodPath": "/etc/kubernetes/manifests",
        "tlsCertFile": "/var/lib/kubelet/pki/kubelet.crt",
        "tlsPrivateKeyFile": "/var/lib/kubelet/pki/kubelet.key",
    }


def _setup(layout: Layout, member: Member) -> str:
    """Give the script that a node runs once: kernel settings, routes, images, services."""
    shown = "".join(
        f"echo {value} >/run/lab/kernel/{name.replace('/', '.')}\n"
        f"mount --bind /run/lab/kernel/{name.replace('/', '.')} /proc/sys/{name}\n"
        for name, value in _KERNEL.items()
    )
    routes = "".join(
        f"ip route add {other.pod_range} via {other.address}\n" for other in layout.members if other != member
    )
    return f"""#!/bin/sh
set -eu
mkdir -p /run/lab/kernel /etc/kubernetes/manifests /var/lib/kubelet /var/log/pods
{shown}echo 1 >/proc/sys/net/ipv4/ip_forward
{routes}# Others than nodes and Pods know no way to a Pod: for them it has its node's address.
nft -f - <<'RULES'
table ip lab {{
  chain outside {{
    type nat hook postrouting priority srcnat + 10;
    ip saddr {POD_NETWORK} ip daddr != {{ {POD_NETWORK}, {SERVICE_NETWORK} }} masquerade
  }}
}}
RULES
/{_SEED}
{START_CONTAINERD}
/{SERVICE_PROGRAM} start kubelet
"""
