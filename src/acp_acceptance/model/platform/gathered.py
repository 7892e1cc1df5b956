"""Targets that are gathered of several facts; what could not be measured is a problem in the place of its item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError, Problem, problem_of
from acp_acceptance.model.platform import nodes, resources, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from acp_acceptance.model.layout import ClusterLayout
    from acp_acceptance.model.platform import PlatformFacts
    from acp_acceptance.model.platform.workloads import WorkloadKind

_NEVER_EMPTY = ("Deployments", "DaemonSets")
"""Every cluster of the platform has them: where none is listed, something is wrong with the listing."""


def workloads_of(facts: PlatformFacts, _layout: ClusterLayout | None = None) -> Mapping[str, WorkloadKind | Problem]:
    """Give the kinds of workloads, each judged as a whole."""
    gather: dict[str, Callable[[], WorkloadKind]] = {
        "Deployments": lambda: workloads.rollout_kind("Deployments", facts.deployments),
        "StatefulSets": lambda: workloads.rollout_kind("StatefulSets", facts.stateful_sets),
        "DaemonSets": lambda: workloads.rollout_kind("DaemonSets", facts.daemon_sets),
        "Jobs": lambda: workloads.job_kind(facts.jobs),
        "CronJobs": lambda: workloads.cron_job_kind(facts.cron_jobs, facts.jobs),
    }
    return {kind: _measured(kind, give) for kind, give in gather.items()}


def _measured(kind: str, give: Callable[[], WorkloadKind]) -> WorkloadKind | Problem:
    try:
        found = give()
    except CollectionError as error:
        return problem_of(error)
    if not found.total and kind in _NEVER_EMPTY:
        return Problem("empty", f"no {kind} were listed, and every cluster of the platform has some")
    return found


def nodes_of(facts: PlatformFacts, layout: ClusterLayout | None = None) -> Mapping[str, Any]:
    """Give the nodes of the cluster, and those that the inventory names and are not there.

    Raises:
        CollectionError: nodes could not be listed.
    """
    found = facts.nodes
    lost = nodes.not_joined(found.items.values(), layout) if layout else {}
    if found.missing and lost:
        # They may be among those that were not seen.
        lost = {}
    # Of the same name and with other addresses, both are told.
    apart = {f"{name} (inventory)" if name in found.items else name: node for name, node in lost.items()}
    return {**found.items, **apart}


def resources_of(facts: PlatformFacts, _layout: ClusterLayout | None = None) -> Mapping[str, Any]:
    """Give the platform's own resources by kind and name; each kind has at least one entry."""
    gathered: dict[str, Any] = {}
    for kind, about in resources.KINDS.items():
        try:
            found: resources.Resources = facts.measured(facts.declared()[about.fact])
        except CollectionError as error:
            gathered[kind] = problem_of(error)
            continue
        gathered |= {f"{kind}/{name}": item for name, item in found.items.items()}
        if found.missing:
            gathered[kind] = Problem("incomplete", f"not everything could be listed: {found.missing}")
        elif not found.items or (about.must and about.must not in found.items):
            gathered["/".join(filter(None, (kind, about.must)))] = resources.absent(kind)
    return gathered
