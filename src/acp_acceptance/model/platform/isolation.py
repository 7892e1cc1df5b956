"""Platform isolation: nodes that only the platform uses (install guide, global cluster platform node isolation)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.platform.nodes import PlatformNodes
    from acp_acceptance.model.platform.pods import Pods


@dataclass(frozen=True)
class IsolationMarks:
    """What nodes that only the platform uses are marked with, by the inventory; none of it is public.

    Attributes:
        taints: as ``key=value:Effect``.
        labels: of the node.
    """

    taints: tuple[str, ...]
    labels: Mapping[str, str]


def unmarked(nodes: PlatformNodes, marks: IsolationMarks) -> Iterator[Fault]:
    """Give control plane nodes that lack a mark.

    Raises:
        CollectionError: the inventory names no mark, or there is no control plane node.
    """
    if not marks.taints and not marks.labels:
        raise CollectionError(
            "the platform's marks are not public; name them in the inventory: isolation.taints, isolation.labels",
            kind="unsaid",
        )
    control_plane = [node for node in nodes.items.values() if node.control_plane]
    if not control_plane:
        raise CollectionError("no control plane node was listed", kind="empty")
    for node in control_plane:
        there = node.labels or {}
        for taint in marks.taints:
            if taint.replace("=:", ":") not in node.taints:
                yield "no_taint", {"node": node.name, "taint": taint}
        for name, value in marks.labels.items():
            if there.get(name) != value:
                yield "no_label", {"node": node.name, "label": f"{name}={value}"}


def foreign(pods: Pods, platform: list[str]) -> Iterator[Fault]:
    """Give namespaces with Pods that are not the platform's.

    Args:
        pods: all of the cluster.
        platform: patterns of names of the platform's own namespaces.

    Raises:
        CollectionError: no Pod was listed.
    """
    if not pods.items:
        raise CollectionError("no Pod was listed", kind="empty")
    for name, found in pods.items.items():
        ended = found.phases.get("Succeeded", 0)
        if found.total > ended and not any(fnmatchcase(name, pattern) for pattern in platform):
            yield "foreign", {"namespace": name, "count": found.total - ended}
