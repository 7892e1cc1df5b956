"""Nodes as Kubernetes knows them: their state, and whether they are those that were planned."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import Condition, condition, conditions_of
from acp_acceptance.model.platform.listing import ByName
from acp_acceptance.model.text import printable, version_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.layout import ClusterLayout, PlannedNode

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")
_ALSO_BAD = ("NetworkUnavailable",)
"""Bad where a node says so; not every network plugin does."""
_ARCHITECTURES = {"x86": ("amd64",), "arm": ("arm64",), "hybrid": ("amd64", "arm64")}
"""Architecture of a Core Package, and those of the nodes that it has images for."""
_MOST_LABELS = 200


@dataclass(frozen=True)
class PlatformNode:
    """A node of the cluster, or one that is planned and is not there.

    Attributes:
        name: as Kubernetes has it; the inventory's where the node is not there.
        joined: it is there.
        addresses: all of it: addresses and host names.
        control_plane: it has the role.
        architecture: as Kubernetes calls it (``amd64``).
        kubelet: version of its kubelet.
        cordoned: no Pod is put there.
        conditions: ``Ready``, pressures and others.
        taints: as ``key=value:Effect``.
        labels: of the node.
    """

    name: str
    joined: bool = True
    addresses: tuple[str, ...] = ()
    control_plane: bool = False
    architecture: str = ""
    kubelet: str = ""
    cordoned: bool = False
    conditions: tuple[Condition, ...] = ()
    taints: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True)
class PlatformNodes:
    """All nodes, by name."""

    items: Mapping[str, PlatformNode]
    missing: str = ""

    @cached_property
    def usual_kubelet(self) -> str:
        """The version of kubelet that most nodes have; of equally many, that of control plane nodes, the newest."""
        all_of_them = Counter(node.kubelet for node in self.items.values())
        leading = Counter(node.kubelet for node in self.items.values() if node.control_plane)
        return max(
            all_of_them,
            key=lambda item: (all_of_them[item], leading[item], version_numbers(item.removeprefix("v"))),
            default="",
        )


def reader() -> ByName[PlatformNodes]:
    """Give a reader of the listing."""
    return ByName(observe, PlatformNodes, raw.name_of)


def observe(found: Mapping[str, Any]) -> PlatformNode:
    """Read one node."""
    labels = {
        printable(str(name), limit=320): value
        for name, value in list(raw.mapping(found, "metadata", "labels").items())[:_MOST_LABELS]
        if isinstance(value, str)
    }
    return PlatformNode(
        name=raw.name_of(found),
        addresses=tuple(raw.text(item, "address") for item in raw.items(found, "status", "addresses")[:50]),
        control_plane=any(name in labels for name in _CONTROL_PLANE),
        architecture=raw.text(found, "status", "nodeInfo", "architecture"),
        kubelet=raw.text(found, "status", "nodeInfo", "kubeletVersion"),
        cordoned=raw.flag(found, "spec", "unschedulable") is True,
        conditions=conditions_of(found),
        taints=tuple(_taint(item) for item in raw.items(found, "spec", "taints")[:100]),
        labels={name: printable(value, limit=100) for name, value in labels.items()},
    )


def _taint(found: object) -> str:
    value = raw.text(found, "value")
    return f"{raw.text(found, 'key')}{'=' if value else ''}{value}:{raw.text(found, 'effect')}"


def unready(node: PlatformNode) -> Iterator[Fault]:
    """Give what keeps a node from taking Pods: the name of the sentence that says it, and its values."""
    if not node.joined:
        yield "not_joined", {"addresses": node.addresses}
        return
    ready = condition(node.conditions, "Ready")
    well = ready is not None and ready.status == "True"
    if ready is None or not well:
        yield "not_ready", {"name": node.name, **_words(ready)}
    for kind in (*_PRESSURES, *_ALSO_BAD):
        found = condition(node.conditions, kind)
        said = found.status if found else ("False" if kind in _ALSO_BAD else "")
        # Of a node that does not report, everything is Unknown; that is said once.
        if said == "True" or (well and said != "False"):
            yield "pressure", {"type": kind, **_words(found)}
    if node.cordoned:
        yield "cordoned", {"name": node.name}


def _words(found: Condition | None) -> dict[str, object]:
    if found is None:
        return {"status": "(not said)", "reason": "-", "message": "-"}
    return {"status": found.status or "(not said)", "reason": found.reason or "-", "message": found.message or "-"}


@lru_cache(maxsize=8192)
def _key(text: str) -> str:
    """Give the one form of an address, or of a name."""
    bare = text.strip().strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare.rstrip(".").lower()


def _keys(*texts: str) -> set[str]:
    return {_key(text) for text in texts if text}


def planned_for(node: PlatformNode, layout: ClusterLayout) -> PlannedNode | None:
    """Give the inventory's entry of a node: of its name, or of one of its addresses and host names."""
    own = _keys(node.name, *node.addresses)
    return next((item for item in layout.nodes if _keys(item.name, item.address) & own), None)


def not_joined(nodes: Iterable[PlatformNode], layout: ClusterLayout) -> dict[str, PlatformNode]:
    """Give the inventory's nodes that are not in the cluster, by name."""
    there: set[str] = set()
    for node in nodes:
        there |= _keys(node.name, *node.addresses)
    return {
        item.name: PlatformNode(item.name, joined=False, addresses=(item.address,))
        for item in layout.nodes
        if not _keys(item.name, item.address) & there
    }


def unplanned(node: PlatformNode, layout: ClusterLayout) -> Iterator[Fault]:
    """Give what is other of a node than the inventory plans; nothing where the inventory names no node."""
    if not node.joined:
        return
    if layout.nodes:
        planned = planned_for(node, layout)
        if planned is None:
            yield "not_planned", {"addresses": node.addresses}
        elif planned.control_plane != node.control_plane:
            yield ("not_control_plane" if planned.control_plane else "is_control_plane"), {"name": node.name}
    wanted = _ARCHITECTURES.get(layout.package.architecture or "", (node.architecture,))
    if node.architecture not in wanted:
        yield "architecture", {"value": node.architecture or "(not said)", "package": layout.package.architecture}


def other_kubelet(node: PlatformNode, nodes: PlatformNodes) -> Iterator[Fault]:
    """Give that a node's kubelet has another version than those of most nodes."""
    if not node.joined:
        return
    usual = nodes.usual_kubelet
    if node.kubelet != usual or not usual:
        yield "other_kubelet", {"version": node.kubelet or "(not said)", "usual": usual or "(not said)"}


def control_plane_of(nodes: PlatformNodes) -> list[str]:
    """Give the names of the control plane nodes."""
    return [node.name for node in nodes.items.values() if node.control_plane]
