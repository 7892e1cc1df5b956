"""Whether one cluster of the pair is well: by the predicates of the stage after the installation, in one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import appreleases, gathered, nodes, pods, resources
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime, timedelta

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.platform import PlatformFacts


def not_running(platform: PlatformFacts) -> Iterator[Fault]:
    """Give Machines that are not Running.

    Raises:
        CollectionError: they could not be listed, or there is none.
    """
    machines = platform.machines
    for name, item in machines.items.items():
        if item.phase != "Running":
            yield "phase", {"name": name, "phase": item.phase or "(not said)", "said": item.said or "-"}
    require_some(machines.items, f"Machines of {platform.target}")


def sick_releases(platform: PlatformFacts) -> Iterator[Fault]:
    """Give AppReleases that are not healthy.

    Raises:
        CollectionError: they could not be listed, or there is none.
    """
    require_some(platform.appreleases.items, f"AppReleases of {platform.target}")
    for name, item in platform.appreleases.items.items():
        for fault in appreleases.unhealthy(item):
            yield _unwell(f"AppRelease {name}", "postinstall.appreleases.healthy", fault)


def sick_pods(platform: PlatformFacts, taken: datetime, patience: timedelta) -> Iterator[Fault]:
    """Give Pods that are not well.

    Raises:
        CollectionError: they could not be listed, or there is none.
    """
    require_some(platform.pods.items, f"Pods of {platform.target}")
    for namespace, item in platform.pods.items.items():
        for fault in pods.unwell(item, taken, patience):
            yield _unwell(wording("namespace", name=namespace), "postinstall.pods.healthy", fault)


def sick_nodes(platform: PlatformFacts) -> Iterator[Fault]:
    """Give nodes that take no Pods.

    Raises:
        CollectionError: they could not be listed, or there is none.
    """
    require_some(platform.nodes.items, f"nodes of {platform.target}")
    for name, item in platform.nodes.items.items():
        for fault in nodes.unready(item):
            yield _unwell(wording("node", name=name), "postinstall.nodes.ready", fault)


def sick_kinds(platform: PlatformFacts, owed: Collection[str]) -> Iterator[Fault]:
    """Give workloads that are not rolled out, and resources of the platform that are not healthy.

    Args:
        platform: the cluster.
        owed: kinds of the platform's resources that its release has; Machines are a requirement of their own.
    """
    for kind, item in gathered.workloads_of(platform).items():
        if not isinstance(item, Problem):
            yield from (_unwell(kind, "postinstall.workloads.rolled-out", fault) for fault in item.faults)
    for name, found in gathered.resources_of(platform).items():
        if isinstance(found, resources.Resource) and found.kind in owed:
            for fault in resources.unhealthy(found):
                yield _unwell(name, "postinstall.platform.resources", fault)


def require_known(platform: PlatformFacts, owed: Collection[str]) -> None:
    """Make sure that everything that says how a cluster is was listed whole.

    Args:
        platform: the cluster.
        owed: kinds of the platform's resources that its release has.

    Raises:
        CollectionError: it was not.
    """
    for listing in (platform.appreleases, platform.pods, platform.nodes):
        require_whole(listing)
    for kind, item in {**gathered.workloads_of(platform), **gathered.resources_of(platform)}.items():
        if isinstance(item, Problem) and (kind in owed or kind not in resources.KINDS):
            raise CollectionError(f"{kind}: {item.reason}", kind=item.kind)


def require_some(items: Mapping[str, object], what: str) -> None:
    """Make sure that there is something to judge.

    Raises:
        CollectionError: nothing was listed.
    """
    if not items:
        raise CollectionError(f"no {what} were listed, so that nothing could be judged", kind="empty")


def _unwell(what: str | Wording, requirement: str, fault: Fault) -> Fault:
    """Say a fault of another requirement, in that one's words."""
    sentence, values = fault
    return "unwell", {"what": what, "why": Wording(f"{requirement}/{sentence}", values)}
