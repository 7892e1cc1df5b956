"""Whether a cluster has settled: what is still on its way, by the predicates that judge it afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import appreleases, gathered, nodes, pods, resources
from acp_acceptance.model.wording import in_english

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.measurement import Facts, ProblemKind
    from acp_acceptance.model.platform import PlatformFacts

SETTLING = (
    "appreleases",
    "pods",
    "deployments",
    "stateful_sets",
    "daemon_sets",
    "nodes",
    *(kind.fact for kind in resources.KINDS.values()),
)
"""Facts that change while a cluster settles, and say whether it has."""

_MAY_COME: frozenset[ProblemKind] = frozenset({"unreachable", "deadline", "server", "absent"})
"""Why something was not read that waiting may mend."""

_OF_SOME_RELEASES = resources.KINDS["ClusterVersionShadow"].fact


def unsettled(facts: PlatformFacts, taken: datetime) -> list[str]:
    """Give what is still missing until a cluster is settled, one line for each; nothing where it is.

    What does not end by itself is left to judging: a cordoned node, a failed Job, a listing that is not allowed.

    Args:
        facts: of the cluster.
        taken: when they were read.
    """
    lines = [*_unread(facts)]
    for give in (_appreleases, lambda found: _pods(found, taken), _workloads, _nodes, _resources):
        try:
            lines += give(facts)
        except CollectionError:  # noqa: PERF203 - told with what was not read, where waiting helps
            continue
    return lines


def _unread(facts: Facts) -> Iterator[str]:
    """Give what could not be read, and may be readable later; a kind that is not known yet may be installed yet."""
    problems = facts.problems()
    for name in SETTLING:
        problem = problems.get(name)
        if problem is None or problem.kind not in _MAY_COME:
            continue
        if problem.kind != "absent" or name != _OF_SOME_RELEASES:
            yield f"{name.replace('_', ' ')}: {problem.reason}"


def _appreleases(facts: PlatformFacts) -> Iterator[str]:
    found = facts.appreleases.items
    if not found:
        yield "AppReleases: there is none yet"
    for name, item in found.items():
        for sentence, values in appreleases.unhealthy(item):
            what = (
                values.get("what") or f"{values.get('type')} is False: {values.get('reason')} {values.get('message')}"
            )
            yield f"AppRelease {name}: {'refused, ' if sentence == 'refused' else ''}{what}"


def _pods(facts: PlatformFacts, taken: datetime) -> Iterator[str]:
    found = facts.pods.items
    if not found:
        yield "Pods: there is none yet"
    for namespace, item in found.items():
        for sentence, values in pods.unwell(item, taken, timedelta()):
            if sentence == "more":
                yield f"{namespace}: {values['count']} more Pods are not well"
            else:
                yield f"{namespace}: Pod {in_english(values['pod'])}"


def _workloads(facts: PlatformFacts) -> Iterator[str]:
    for kind, found in gathered.workloads_of(facts).items():
        if isinstance(found, Problem):
            yield from [f"{kind}: {found.reason}"] if found.kind == "empty" else []
            continue
        for sentence, values in found.faults:
            if sentence == "incomplete":
                yield f"{kind}: {values['namespace']}/{values['name']}: {in_english(values['what'])}"
            elif sentence == "more" and kind != "Jobs":
                yield f"{kind}: {values['count']} more are not complete"


def _nodes(facts: PlatformFacts) -> Iterator[str]:
    found = facts.nodes.items
    if not found:
        yield "nodes: there is none yet"
    for name, node in found.items():
        for sentence, values in nodes.unready(node):
            if sentence != "cordoned":
                kind = values.get("type", "Ready")
                yield f"node {name}: {kind} is {values['status']}: {values['reason']} {values['message']}"


def _resources(facts: PlatformFacts) -> Iterator[str]:
    for name, item in gathered.resources_of(facts).items():
        if isinstance(item, resources.Resource):
            for _, values in resources.unhealthy(item):
                yield f"{name}: {_told(values.items())}" if item.there else f"{name}: it is not there yet"


def _told(values: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values if value != "-")
