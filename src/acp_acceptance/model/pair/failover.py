"""What shows, step by step, that a failover was done (Global Cluster Disaster Recovery, Disaster Recovery Process)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.domain import leads_to
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.resources import MODULE_CLUSTER, MODULE_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.pair.domain import DomainHere
    from acp_acceptance.model.platform.names import Names
    from acp_acceptance.model.platform.resources import Resources

    Fault = tuple[str, dict[str, object]]

SYNCHRONISER = "etcd-sync"
"""Name of the plugin, and value of the label ``app`` of its Pods."""

_NOTHING_ANSWERS = {"refused", "silent", "unreachable", "no-route", "prohibited"}


# --- before the plugin was removed


@dataclass(frozen=True)
class LastConsistency:
    """The newest answer of the synchroniser's monitor that is known.

    Attributes:
        at: UTC time, ISO 8601; empty where none is known.
        missed: keys that the standby lacked.
        surplus: keys that only the standby had.
        run: name of the run's folder that measured it; empty for this run.
    """

    at: str = ""
    missed: int = 0
    surplus: int = 0
    run: str = ""


def inconsistent(last: LastConsistency, switched: datetime, hours: int) -> Iterator[Fault]:
    """Give that keys were missed or surplus when the synchroniser was last asked.

    Args:
        last: the newest answer before the switch.
        switched: when the domain was switched.
        hours: an older answer says nothing of that moment.

    Raises:
        CollectionError: nobody asked, or too long before.
    """
    if not last.at:
        raise CollectionError(
            "no earlier run of stage dr is known that asked the synchroniser's monitor before the switch, and it is "
            "gone now; the history of the reports (--acp-reports) holds such runs",
            kind="not-collected",
        )
    at = datetime.fromisoformat(last.at)
    if last.missed or last.surplus:
        yield "inconsistent", {"at": last.at, "missed": last.missed, "surplus": last.surplus}
    elif switched - at > timedelta(hours=hours):
        raise CollectionError(
            f"the monitor was last asked at {last.at}, more than {hours} hours before the switch: nobody knows "
            "what was synchronised since then",
            kind="unclear",
        )


# --- the plugin, and the way of its data


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


# --- the domain


def elsewhere(
    names: Names, here: DomainHere, nodes: Mapping[str, NodeFacts], fronts: Mapping[str, Collection[str]], wanted: str
) -> Iterator[Fault]:
    """Give every point of view from which the domain does not lead to the new primary, and to it alone.

    Args:
        names: as Pods of the new primary resolve them, by each of its CoreDNS Pods.
        here: as this machine resolves the domain.
        nodes: of the new primary, each of which resolves names for itself.
        fronts: VIP and External IP, by cluster.
        wanted: the new primary.

    Raises:
        CollectionError: one could not be asked.
    """
    asked = [item for item in names.lookups if item.name == here.name]
    unknown = [f"{here.name} could not be asked for: {item.problem}" for item in asked if item.problem]
    for lookup in asked:
        sentence = "stale" if lookup.server else "sentry"
        if lookup.failure:
            yield f"{sentence}_failed", {"server": lookup.server, "reason": lookup.failure}
        elif not lookup.problem and leads_to(lookup.addresses, fronts) != {wanted}:
            yield sentence, {"server": lookup.server, "addresses": lookup.addresses}
    if leads_to(here.addresses, fronts) != {wanted}:
        yield "runner", {"addresses": here.addresses or (here.failure or "nowhere",)}
    for node, facts in nodes.items():
        try:
            addresses = facts.resolved.of(here.name)
        except CollectionError as error:
            unknown.append(f"{node}: {error}")
            continue
        if leads_to(addresses, fronts) != {wanted}:
            yield "node", {"node": node, "addresses": addresses or ("nowhere",)}
    if not any(item.server for item in asked):
        unknown.append(f"no CoreDNS Pod was asked for {here.name or 'the domain, which the inventory does not name'}")
    if unknown:
        raise CollectionError("; ".join(unknown), kind="incomplete")


@dataclass(frozen=True)
class DomainServed:
    """What answers at the platform's domain, from the machine that runs the suite.

    Attributes:
        domain: that was asked.
        address: that it was asked at.
        status: of the web console's answer; ``None`` where none came.
        failure: why none came.
        signers: clusters whose kubeconfig's CA signed the certificate of the API server there.
        api_failure: why that server showed none.
    """

    domain: str
    address: str
    status: int | None
    failure: str = ""
    signers: tuple[str, ...] = ()
    api_failure: str = ""


def served_by_another(served: DomainServed, wanted: str) -> Iterator[Fault]:
    """Give that the domain is not served, or not by the new primary.

    Its console shows the same certificate on both sides; its API server's is signed by its own cluster's CA.

    Raises:
        CollectionError: which cluster answers cannot be told.
    """
    if served.status is None:
        yield "silent", {"domain": served.domain, "reason": served.failure}
    elif served.status >= _SERVER_ERROR:
        yield "error", {"domain": served.domain, "status": served.status}
    if served.signers and wanted not in served.signers:
        yield "other", {"domain": served.domain, "address": served.address, "cluster": served.signers[0]}
    if not served.signers and served.status is not None:
        raise CollectionError(
            f"which cluster answers at {served.domain} cannot be told: the API server there "
            f"{served.api_failure or 'shows a certificate that neither kubeconfig knows the CA of'}",
            kind="unclear",
        )


_SERVER_ERROR = 500


# --- what was started again


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


@dataclass(frozen=True)
class ElasticsearchAnswer:
    """What one Pod of Elasticsearch answers to the platform's own user.

    Attributes:
        pod: its name.
        status: of the answer; ``None`` where none came.
        failure: why none came.
        health: ``status`` of its cluster (green, yellow, red); empty where it does not say.
    """

    pod: str
    status: int | None
    failure: str = ""
    health: str = ""


@dataclass(frozen=True)
class Elasticsearch:
    """Log Storage for Elasticsearch.

    Attributes:
        installed: it is there.
        answers: of each of its Pods.
        problem: why it could not be asked as the platform's user; then it was asked as nobody.
    """

    installed: bool
    answers: tuple[ElasticsearchAnswer, ...] = ()
    problem: str = ""


def unusable(found: Elasticsearch) -> Iterator[Fault]:
    """Give Pods of Elasticsearch that refuse the platform's user, do not answer, or have lost data.

    Raises:
        CollectionError: nothing could be asked, or not as the platform's user.
    """
    for answer in found.answers:
        values: dict[str, object] = {"pod": answer.pod, "status": answer.status, "reason": answer.failure}
        if answer.status is None:
            yield "silent", values
        elif answer.status in _REFUSED:
            # Asked as nobody, a refusal is no fault.
            if not found.problem:
                yield "refused", values
        elif answer.status >= _BAD:
            yield "error", values
        elif answer.health == "red":
            yield "red", values
    if not found.answers:
        raise CollectionError("no running Pod of Elasticsearch could be asked", kind="absent")
    if found.problem and any(answer.status in _REFUSED for answer in found.answers):
        raise CollectionError(found.problem)


_REFUSED = (401, 403)
_BAD = 400


# --- what the new primary manages


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
