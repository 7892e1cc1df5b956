"""Whether one cluster of the pair is well: by the predicates of the stage after the installation, in one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import appreleases, gathered, nodes, pods, resources
from acp_acceptance.model.platform.listing import require_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
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
        yield from _unwell(f"AppRelease {name}", appreleases.unhealthy(item))


def sick_pods(platform: PlatformFacts, taken: datetime, patience: timedelta) -> Iterator[Fault]:
    """Give Pods that are not well.

    Raises:
        CollectionError: they could not be listed, or there is none.
    """
    require_some(platform.pods.items, f"Pods of {platform.target}")
    for namespace, item in platform.pods.items.items():
        for sentence, values in pods.unwell(item, taken, patience):
            why = values.get("pod") or _words(sentence, values)
            yield "unwell", {"what": f"namespace {namespace}", "why": why}


def sick_nodes(platform: PlatformFacts) -> Iterator[Fault]:
    """Give nodes that take no Pods.

    Raises:
        CollectionError: they could not be listed, or there is none.
    """
    require_some(platform.nodes.items, f"nodes of {platform.target}")
    for name, item in platform.nodes.items.items():
        yield from _unwell(f"node {name}", nodes.unready(item))


def sick_kinds(platform: PlatformFacts, owed: Collection[str]) -> Iterator[Fault]:
    """Give workloads that are not rolled out, and resources of the platform that are not healthy.

    Args:
        platform: the cluster.
        owed: kinds of the platform's resources that its release has; Machines are a requirement of their own.
    """
    for kind, item in gathered.workloads_of(platform).items():
        if not isinstance(item, Problem):
            yield from _unwell(kind, item.faults)
    for name, found in gathered.resources_of(platform).items():
        if isinstance(found, resources.Resource) and found.kind in owed:
            yield from _unwell(name, resources.unhealthy(found))


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


def _unwell(what: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    for sentence, values in faults:
        yield "unwell", {"what": what, "why": _words(sentence, values)}


def _words(sentence: str, values: Mapping[str, object]) -> str:
    """Say a fault of another requirement shortly, in the words of the cluster."""
    shown = (", ".join(map(str, item)) if isinstance(item, (list, tuple)) else str(item) for item in values.values())
    return "; ".join([sentence.replace("_", " "), *(text for text in shown if text not in {"", "-"})])
