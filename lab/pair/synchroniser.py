"""ACP's etcd Synchronizer as the lab has it: a plugin's ModuleInfo, Pods that mirror, a monitor that compares.

Public are the names of the Pods' label, the Service, the Lease, the Job and the Secrets of 4.3, the log lines and the
headers of ``/check`` (acp-resources; acp-docs, global_dr). The rest is the lab's own: names of the settings in the
ModuleInfo, of the monitor's Deployment, of the Secrets before 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.control_plane.images import Image, image_name
from lab.control_plane.programs import go_module
from lab.pair.scope import CLUSTER_KINDS, EXCLUDED
from lab.pair.shared import TOKEN
from lab.platform.resources import app_release, module_info
from lab.platform.site import SYSTEM
from lab.platform.surroundings import encoded
from lab.platform.workloads import job, pod_spec, workload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.control_plane.certificates import Pair as Certificate
    from lab.platform.api import Object
    from lab.platform.site import Site

SYNC, MONITOR, LEASE = "etcd-sync", "etcd-sync-monitor", "etcd-sync-mirror"
TOKEN_SECRET = "etcd-sync-active-cluster-token"  # noqa: S105 - its name
PORT = 2379
CHECK_INTERVAL = 300
"""Seconds; what is usual is not public."""
_IMAGE = image_name(SYNC, "lab")
_PROGRAM = "usr/local/bin/etcd-sync"
_HTTP = 8080
_LEADER_RELEASES = ("4.3",)
_REPLICAS = 2


def image(say: Callable[[str], None]) -> Image:
    """Give the image of the synchroniser's Pods; its program is built once.

    Raises:
        LabError: it cannot be built; says what to do.
    """
    folder = go_module(Path(__file__).parent / "go" / SYNC, (".",), "", {}, say)
    return Image(_IMAGE, {_PROGRAM: folder / SYNC}, (f"/{_PROGRAM}",), busybox=True)


@dataclass(frozen=True)
class Etcd:
    """How an etcd is reached.

    Attributes:
        endpoints: its addresses.
        authority: certificate of who signs for it, PEM.
        client: a client's certificate.
    """

    endpoints: tuple[str, ...]
    authority: str
    client: Certificate

    def secret(self, name: str) -> Object:
        """Give a Secret with its certificates."""
        texts = {"ca.crt": self.authority, "tls.crt": self.client.certificate, "tls.key": self.client.key}
        return _secret(name, texts)


@dataclass(frozen=True)
class Synchroniser:
    """The plugin on one cluster.

    Attributes:
        site: the cluster it is installed on.
        active: the VIP of the cluster that it copies.
        remote: that cluster's etcd.
        local: its own.
    """

    site: Site
    active: str
    remote: Etcd
    local: Etcd

    @property
    def leads(self) -> bool:
        """One of its Pods leads, by a Lease."""
        return self.site.release.name in _LEADER_RELEASES

    def objects(self) -> list[Object]:
        """Give everything that the plugin consists of, in an order in which it can be made."""
        items = [self.module(), app_release(self.site, SYNC, "acp/chart-etcd-sync"), *_rights()]
        items += [self.remote.secret(self._remote_secret), self.local.secret("etcd-sync-local")]
        if self.leads:
            items += [
                _secret("remote-etcd-ca", {"ca.crt": self.remote.authority}),
                _secret(TOKEN_SECRET, {"token": TOKEN}),
            ]
            items.append(job(SYSTEM, "etcd-sync-bootstrap", pod_spec(self.site.image, "echo prepared")))
        lease = [f"--lease={LEASE}"] if self.leads else []
        items.append(self._deployment(SYNC, _REPLICAS, lease))
        items.append(self._deployment(MONITOR, 1, ["--monitor"]))
        service = {"selector": {"app": MONITOR}, "ports": [{"name": "http", "port": 80, "targetPort": _HTTP}]}
        metadata = {"name": MONITOR, "namespace": SYSTEM}
        return [*items, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service}]

    def module(self, settings: Mapping[str, object] | None = None) -> Object:
        """Give the ModuleInfo, with settings other than the usual ones."""
        module = module_info(self.site, SYNC, "plugin", SYNC)
        module["spec"]["config"] = {
            "activeClusterVIP": self.active,
            "activeClusterETCDEndpoints": "",
            "dataCheckInterval": CHECK_INTERVAL,
            "printDetailLogs": False,
            **({"activeClusterTokenSecret": TOKEN_SECRET} if self.leads else {}),
            **(settings or {}),
        }
        return module

    @property
    def _remote_secret(self) -> str:
        return "remote-etcd-client" if self.leads else "etcd-sync-remote"

    def _deployment(self, name: str, replicas: int, arguments: list[str]) -> Object:
        command = [
            f"/{_PROGRAM}",
            f"--listen=:{_HTTP}",
            f"--remote={','.join(self.remote.endpoints)}",
            "--remote-pki=/etc/etcd-sync/remote",
            f"--local={','.join(self.local.endpoints)}",
            "--local-pki=/etc/etcd-sync/local",
            f"--excluded={','.join(EXCLUDED)}",
            f"--kinds={','.join(CLUSTER_KINDS)}",
            *arguments,
        ]
        secrets = {"remote": self._remote_secret, "local": "etcd-sync-local"}
        volumes = [{"name": volume, "secret": {"secretName": secret}} for volume, secret in secrets.items()]
        pod = pod_spec(_IMAGE, name=name, serviceAccountName=SYNC, volumes=volumes)
        mounts = [{"name": volume, "mountPath": f"/etc/etcd-sync/{volume}", "readOnly": True} for volume in secrets]
        probe = {"httpGet": {"path": "/healthz", "port": _HTTP}, "periodSeconds": 1}
        pod["containers"][0] |= {"command": command, "volumeMounts": mounts, "readinessProbe": probe}
        more = {"replicas": replicas, "strategy": {"type": "Recreate"}}
        return workload("Deployment", SYSTEM, name, {"app": name}, pod, **more)


def _secret(name: str, texts: Mapping[str, str]) -> Object:
    data = {key: encoded(text) for key, text in texts.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": SYSTEM}, "data": data}


def _rights() -> list[Object]:
    group, metadata = "rbac.authorization.k8s.io", {"name": SYNC, "namespace": SYSTEM}
    verbs = ["get", "create", "update", "patch"]
    rules = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": verbs}]
    subject = {"kind": "ServiceAccount", "name": SYNC, "namespace": SYSTEM}
    role = {"apiGroup": group, "kind": "Role", "name": SYNC}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": role,
            "subjects": [subject],
        },
    ]
