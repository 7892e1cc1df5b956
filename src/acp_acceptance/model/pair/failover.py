"""What a failover takes away (the synchroniser, the way of its data) and what the new primary then manages.

Source: Global Cluster Disaster Recovery, Disaster Recovery Process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.resources import MODULE_CLUSTER, MODULE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.pair.components import Components
    from acp_acceptance.model.platform.resources import Resources


SYNCHRONISER = "etcd-sync"
"""Name of the plugin, and value of the label ``app`` of its Pods."""

_NOTHING_ANSWERS = {"refused", "silent", "unreachable", "no-route", "prohibited"}


def synchroniser_of(modules: Resources) -> str:
    """Give the name of the synchroniser's ModuleInfo; empty where it is not installed.

    Raises:
        CollectionError: not all were listed.
    """
    found = [
        name
        for name, item in modules.items.items()
        if (labels := item.labels or {}).get(MODULE_NAME) == SYNCHRONISER and labels.get(MODULE_CLUSTER) == "global"
    ]
    if not found:
        require_whole(modules)
    return found[0] if found else ""


def still_synchronising(modules: Resources, components: Components) -> Iterator[Fault]:
    """Give what is left of the synchroniser.

    Raises:
        CollectionError: that could not be listed.
    """
    if name := synchroniser_of(modules):
        yield "installed", {"module": name}
    if components.synchroniser:
        yield "pods", {"pods": components.synchroniser}


@dataclass(frozen=True)
class EtcdPorts:
    """etcd's port at the VIPs, from the machine that runs the suite: state by ``address:port``.

    Attributes:
        states: as :class:`acp_acceptance.model.runner_view.Knock` has them.
        unnamed: clusters whose VIP the inventory does not name.
    """

    states: Mapping[str, str]
    unnamed: tuple[str, ...] = ()


def still_forwarded(ports: EtcdPorts) -> Iterator[Fault]:
    """Give VIPs at which etcd's port is open.

    Raises:
        CollectionError: it cannot be told of one.
    """
    for place, state in ports.states.items():
        if state == "open":
            yield "open", {"place": place}
    if ports.unnamed:
        raise CollectionError(f"the inventory names no vip: of {', '.join(ports.unnamed)}", kind="unsaid")
    strange = [
        f"{place} ({state})" for place, state in ports.states.items() if state not in {*_NOTHING_ANSWERS, "open"}
    ]
    if strange or not ports.states:
        raise CollectionError(
            f"whether etcd's port is closed cannot be told: {', '.join(strange) or 'nothing was tried'}", kind="unclear"
        )


def not_running(clusters: Resources, own: str = "global") -> Iterator[Fault]:
    """Give clusters that do not run under the new primary.

    Args:
        clusters: all that the new primary manages, and itself.
        own: name of the platform's own cluster.

    Raises:
        CollectionError: not all could be listed, or not even the platform's own cluster is there.
    """
    for name, item in clusters.items.items():
        if item.phase != "Running":
            yield "phase", {"cluster": name, "phase": item.phase or "(not said)", "said": item.said or "-"}
    require_whole(clusters)
    if own not in clusters.items:
        raise CollectionError(f"there is no Cluster {own}, which every platform has", kind="absent")
