"""Filling an API server with very many healthy nodes and Pods.

One of each is written through the API, as a kubelet would leave it. The others are copies of what etcd then holds, with
other names of the same length: the server's own form, written as fast as etcd takes it. The API server sees all of
them come, as it would if they were made one by one.
"""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from lab.platform.etcd import encoded, etcd_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.control_plane import ApiServer

_AT_ONCE = 100
_WRITERS = 4
_UID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RELEASES_CRD = Path(__file__).parents[2] / "lab" / "platform" / "crds" / "appreleases.yaml"
NAMESPACE, POD, NODE = "namespace-00000", "pod-000000000000", "node-00000000"


@dataclass(frozen=True)
class Size:
    """How large a cluster is."""

    nodes: int
    pods: int
    namespaces: int = 100

    def __str__(self) -> str:
        """Say it."""
        return f"{self.nodes} nodes, {self.pods} Pods"


class Filler:
    """Fills one API server.

    Args:
        plane: runs, without a kubelet.
    """

    def __init__(self, plane: ApiServer) -> None:
        self._plane = plane
        self._etcd = etcd_behind(plane)

    def fill(self, size: Size) -> None:
        """Add what is missing; what is there already is written again, and stays the same."""
        self._plane.kubectl("apply", "--server-side", "-f", str(_RELEASES_CRD))
        self._write_first()
        node = self.stored(f"/registry/minions/{NODE}")
        pod = self.stored(f"/registry/pods/{NAMESPACE}/{POD}")
        namespace = self.stored(f"/registry/namespaces/{NAMESPACE}")
        self.store(
            (f"/registry/namespaces/{name_of(NAMESPACE, number)}", renamed(namespace, {NAMESPACE: number}, number, "1"))
            for number in range(size.namespaces)
        )
        self.store(
            (f"/registry/minions/{name_of(NODE, number)}", renamed(node, {NODE: number}, number, "2"))
            for number in range(size.nodes)
        )
        self.store(self._pods(pod, size))

    def _pods(self, pod: bytes, size: Size) -> Iterator[tuple[str, bytes]]:
        for number in range(size.pods):
            place = number % size.namespaces
            names = {NAMESPACE: place, POD: number, NODE: number % size.nodes}
            key = f"/registry/pods/{name_of(NAMESPACE, place)}/{name_of(POD, number)}"
            yield key, renamed(pod, names, number, "3")

    def _write_first(self) -> None:
        self._plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, _NODE, _POD])
        for kind, name, status in (("node", NODE, _NODE_STATUS), ("pod", POD, _POD_STATUS)):
            place = ["--namespace", NAMESPACE] if kind == "pod" else []
            patch = json.dumps({"status": status})
            self._plane.kubectl("patch", kind, name, *place, "--subresource=status", "--type=merge", "-p", patch)

    def stored(self, key: str) -> bytes:
        """Give what etcd holds at a key."""
        (found,) = self._etcd.ask("kv/range", key=encoded(key))["kvs"]
        return base64.b64decode(found["value"])

    def store(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Write keys into etcd, a hundred at a time."""

        def write(batch: list[tuple[str, bytes]]) -> None:
            puts = [{"requestPut": {"key": encoded(key), "value": encoded(value)}} for key, value in batch]
            self._etcd.ask("kv/txn", success=puts)

        with ThreadPoolExecutor(_WRITERS) as pool:
            for _ in pool.map(write, _batches(entries)):
                pass


def _batches(entries: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def name_of(first: str, number: int) -> str:
    """Give a name of the same length as the first one's, so that it can stand in its place."""
    stem = first.rstrip("0")
    return f"{stem}{number:0{len(first) - len(stem)}d}"


def renamed(stored: bytes, names: dict[str, int], number: int, kind: str) -> bytes:
    """Give a copy of an object in its stored form, with other names of the same length and a uid of its own."""
    for first, each in names.items():
        stored = stored.replace(first.encode(), name_of(first, each).encode())
    found = _UID.search(stored)
    assert found is not None
    return stored.replace(found[0], f"{kind}0000000-0000-0000-0000-{number:012d}".encode())


_NOW = "2026-11-21T00:00:00Z"
_LABELS = {f"cpaas.io/label-{number}": f"value-{number}" for number in range(8)}


def _conditions(*types: str) -> list[dict[str, str]]:
    return [{"type": each, "status": "True", "lastTransitionTime": _NOW} for each in types]


_NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": _LABELS}}
_NODE_STATUS = {
    "conditions": [
        *({**item, "status": "False"} for item in _conditions("MemoryPressure", "DiskPressure", "PIDPressure")),
        *_conditions("Ready"),
    ],
    "capacity": {"cpu": "32", "memory": "64Gi", "pods": "110"},
    "nodeInfo": dict.fromkeys(
        (
            "machineID",
            "systemUUID",
            "bootID",
            "kernelVersion",
            "osImage",
            "containerRuntimeVersion",
            "kubeletVersion",
            "kubeProxyVersion",
            "operatingSystem",
            "architecture",
        ),
        "v1.34.4",
    ),
    "images": [{"names": [f"registry.example.com/acp/image-{number}:v4.2.0"], "sizeBytes": 1} for number in range(40)],
}
_POD = yaml.safe_load(
    f"""
apiVersion: v1
kind: Pod
metadata: {{name: {POD}, namespace: {NAMESPACE}}}
spec:
  nodeName: {NODE}
  containers:
    - name: main
      image: registry.example.com/acp/image:v4.2.0
      resources: {{limits: {{cpu: "1", memory: 1Gi}}, requests: {{cpu: 100m, memory: 128Mi}}}}
      readinessProbe: {{httpGet: {{path: /healthz, port: 8080}}}}
      livenessProbe: {{httpGet: {{path: /healthz, port: 8080}}}}
"""
)
_POD["metadata"]["labels"] = _LABELS
_POD["spec"]["containers"][0]["env"] = [{"name": f"VARIABLE_{number}", "value": "x" * 40} for number in range(15)]
_POD_STATUS = {
    "phase": "Running",
    "conditions": _conditions("Initialized", "Ready", "ContainersReady", "PodScheduled"),
    "containerStatuses": [
        {
            "name": "main",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "image": "registry.example.com/acp/image:v4.2.0",
            "imageID": "registry.example.com/acp/image@sha256:" + 64 * "0",
            "containerID": "containerd://" + 64 * "0",
            "state": {"running": {"startedAt": _NOW}},
        }
    ],
    "hostIP": "192.0.2.1",
    "podIP": "10.3.0.1",
    "startTime": _NOW,
}
