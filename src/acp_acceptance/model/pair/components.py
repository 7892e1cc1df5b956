"""What a failover starts again: components of the platform, by the label ``service_name`` of their Pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class StartedPod:
    """A Pod.

    Attributes:
        name: of it.
        started: when it was created, UTC, ISO 8601; empty where it does not say.
        ready: all its containers are.
    """

    name: str
    started: str
    ready: bool


@dataclass(frozen=True)
class Components:
    """What a cluster has in ``cpaas-system`` that a failover is about.

    Attributes:
        pods: by the value of their label ``service_name``.
        workloads: Deployments and StatefulSets that make such Pods, likewise.
        synchroniser: Pods of the synchroniser (label ``app``).
    """

    pods: Mapping[str, tuple[StartedPod, ...]]
    workloads: Mapping[str, tuple[str, ...]]
    synchroniser: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Tell whether a component is installed."""
        return bool(self.pods.get(name) or self.workloads.get(name))


def not_restarted(components: Components, names: Iterable[str], switched: datetime) -> Iterator[Fault]:
    """Give components that are installed and were not started again after the switch, or do not run since.

    Args:
        components: of a cluster.
        names: values of ``service_name``.
        switched: when the domain was switched.

    Raises:
        CollectionError: a Pod does not say when it was started.
    """
    unknown = []
    for name in names:
        if not components.has(name):
            continue
        pods = components.pods.get(name, ())
        if not pods:
            yield "gone", {"component": name, "workloads": components.workloads[name]}
        unknown += [pod.name for pod in pods if not pod.started]
        known = [pod for pod in pods if pod.started]
        old = [pod for pod in known if datetime.fromisoformat(pod.started) <= switched]
        if old:
            values: dict[str, object] = {
                "component": name,
                "pods": [pod.name for pod in old],
                "started": min(pod.started for pod in old),
            }
            yield "old", values
        unready = [pod.name for pod in known if pod not in old and not pod.ready]
        if unready:
            yield "unready", {"component": name, "pods": unready}
    if unknown:
        raise CollectionError(f"these Pods do not say when they were started: {', '.join(unknown)}", kind="unclear")


def require_some(components: Components, names: Collection[str]) -> None:
    """Make sure that at least one of these components was found, so that something was judged.

    Raises:
        CollectionError: none was.
    """
    if not any(map(components.has, names)):
        raise CollectionError(
            f"nothing labelled service_name={', '.join(names)} was found in cpaas-system", kind="absent"
        )


@dataclass(frozen=True)
class WorkloadComponents:
    """What workload clusters have, by the name that the inventory gives them; or why it could not be listed."""

    clusters: Mapping[str, Components]
    problems: Mapping[str, str]


def not_restarted_elsewhere(found: WorkloadComponents, names: Collection[str], switched: datetime) -> Iterator[Fault]:
    """Give components of workload clusters that were not started again after the switch.

    Raises:
        CollectionError: a cluster could not be listed, or has none of them.
    """
    for cluster, components in found.clusters.items():
        for sentence, values in not_restarted(components, names, switched):
            yield sentence, {**values, "cluster": cluster}
    for cluster, problem in found.problems.items():
        raise CollectionError(f"workload cluster {cluster}: {problem}")
    empty = [name for name, components in found.clusters.items() if not any(map(components.has, names))]
    if empty or not found.clusters:
        raise CollectionError(
            f"nothing labelled service_name={', '.join(names)} was found in {', '.join(empty) or 'any cluster'}, "
            "which the inventory says to send its monitoring data here",
            kind="absent",
        )
