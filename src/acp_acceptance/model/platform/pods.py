"""Pods: what runs, and what keeps a Pod from running."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import condition, conditions_of
from acp_acceptance.model.platform.pod_glance import GLANCE_ERRORS, PodGlance, read_glance
from acp_acceptance.model.text import printable
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault

_MOST_CONTAINERS = 50
_SUSPECTS = 500
"""Pods of a namespace that are kept with all they say; more than that are only counted."""


@dataclass(frozen=True)
class Container:
    """The state of one container.

    Attributes:
        init: it runs before the others, and ends (or, with ``restartPolicy: Always``, stays beside them).
        stays: it is to run as long as the Pod does.
        state: ``running``, ``waiting``, ``terminated``; empty where the kubelet has not said.
        reason, message: of that state.
        exit_code: where it is terminated.
        last_reason, last_exit_code, last_finished: of the time before; ``None`` and empty where that is not known.
    """

    name: str
    init: bool = False
    stays: bool = True
    ready: bool = False
    restarts: int = 0
    state: str = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    last_reason: str = ""
    last_exit_code: int | None = None
    last_finished: datetime | None = None


@dataclass(frozen=True)
class Pod:
    """A Pod that is not plainly well.

    Attributes:
        since: when it was made.
        deleting: when it is to be gone; ``None`` where nobody deleted it. The grace period is in it.
        unscheduled: why no node takes it; empty where one did.
        unready: why the Pod as a whole is not ready; ``None`` where it is, or does not say.
        owner: kind and name of what made it.
        event: its last warning; added by the collector.
        log: last lines of the container that is at fault, without secrets; added by the collector.
    """

    name: str
    phase: str
    reason: str = ""
    message: str = ""
    node: str = ""
    since: datetime | None = None
    deleting: datetime | None = None
    unscheduled: str = ""
    unready: str | None = None
    owner: str = ""
    containers: tuple[Container, ...] = ()
    event: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class PodsOfNamespace:
    """The Pods of one namespace.

    Attributes:
        namespace: its name.
        total: how many there are.
        phases: how many are in each phase.
        suspects: those that are not plainly well, or have containers that were restarted.
        more: how many more of these were only counted.
    """

    namespace: str
    total: int
    phases: Mapping[str, int]
    suspects: tuple[Pod, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class Pods:
    """All Pods, by namespace."""

    items: Mapping[str, PodsOfNamespace]
    missing: str = ""


@dataclass
class _Namespace:
    phases: Counter[str] = field(default_factory=Counter)
    suspects: list[Pod] = field(default_factory=list)
    more: int = 0


class PodReader:
    """Reads the listing of all Pods; of those that are well it only counts."""

    def __init__(self) -> None:
        self._namespaces: dict[str, _Namespace] = {}

    def skim(self, content: bytes | msgspec.Raw) -> bool:
        """Count one Pod, as JSON, that is plainly well; ``False`` where it is to be taken whole."""
        try:
            glance = read_glance(content)
        except GLANCE_ERRORS:
            # Odd, or hostile: taken whole, field by field.
            return False
        return self._counted(glance)

    def take(self, found: Mapping[str, Any]) -> None:
        """Take one Pod."""
        with suppress(*GLANCE_ERRORS):
            if self._counted(msgspec.convert(found, PodGlance)):
                return
        namespace = raw.at(found, "metadata", "namespace")
        entry = self._entry(namespace if isinstance(namespace, str) else "")
        entry.phases[raw.text(found, "status", "phase") or "(none)"] += 1
        if len(entry.suspects) < _SUSPECTS:
            entry.suspects.append(observe(found))
        else:
            entry.more += 1

    def _counted(self, glance: PodGlance) -> bool:
        if not glance.plainly_well():
            return False
        self._entry(glance.metadata.namespace).phases[glance.status.phase] += 1
        return True

    def _entry(self, namespace: str) -> _Namespace:
        entry = self._namespaces.get(namespace)
        if entry is None:
            entry = self._namespaces[namespace] = _Namespace()
        return entry

    def result(self, missing: str) -> Pods:
        """Give the fact."""
        return Pods(
            {
                printable(name): PodsOfNamespace(
                    printable(name), entry.phases.total(), dict(entry.phases), tuple(entry.suspects), entry.more
                )
                for name, entry in sorted(self._namespaces.items())
            },
            missing,
        )


def observe(found: Mapping[str, Any]) -> Pod:
    """Read one Pod."""
    scheduled, ready = (condition(conditions_of(found), kind) for kind in ("PodScheduled", "Ready"))
    owner = next(iter(raw.items(found, "metadata", "ownerReferences")), None)
    return Pod(
        name=raw.text(found, "metadata", "name"),
        phase=raw.text(found, "status", "phase"),
        reason=raw.text(found, "status", "reason"),
        message=raw.text(found, "status", "message"),
        node=raw.text(found, "spec", "nodeName"),
        since=raw.time(found, "metadata", "creationTimestamp"),
        deleting=raw.time(found, "metadata", "deletionTimestamp"),
        unscheduled=f"{scheduled.reason}: {scheduled.message}" if scheduled and scheduled.status == "False" else "",
        unready=ready.reason if ready and ready.status != "True" else None,
        owner=f"{raw.text(owner, 'kind')} {raw.text(owner, 'name')}" if owner else "",
        containers=(*_containers(found, init=True), *_containers(found, init=False)),
    )


def _containers(found: Mapping[str, Any], *, init: bool) -> Iterator[Container]:
    wanted, states = ("initContainers", "initContainerStatuses") if init else ("containers", "containerStatuses")
    said = {raw.text(item, "name"): item for item in raw.items(found, "status", states)}
    for item in raw.items(found, "spec", wanted)[:_MOST_CONTAINERS]:
        name = raw.text(item, "name")
        container = Container(name, init, stays=not init or raw.text(item, "restartPolicy") == "Always")
        state = said.get(name)
        yield _with_state(container, state) if state else container


def _with_state(container: Container, state: object) -> Container:
    name = next((word for word in ("running", "waiting", "terminated") if raw.at(state, "state", word) is not None), "")
    now, last = raw.mapping(state, "state", name), raw.mapping(state, "lastState", "terminated")
    return replace(
        container,
        ready=raw.flag(state, "ready") is True,
        restarts=raw.number(state, "restartCount") or 0,
        state=name,
        reason=raw.text(now, "reason"),
        message=raw.text(now, "message"),
        exit_code=raw.number(now, "exitCode"),
        last_reason=raw.text(last, "reason"),
        last_exit_code=raw.number(last, "exitCode"),
        # A kubelet may have tidied away what it knew of the time before; it ended when this one began, or sooner.
        last_finished=raw.time(last, "finishedAt") or raw.time(now, "startedAt"),
    )


def unwell(pods: PodsOfNamespace, taken: datetime, patience: timedelta) -> Iterator[Fault]:
    """Give the Pods of a namespace that are not well (install guide, checking the installation).

    Args:
        pods: of the namespace.
        taken: when they were listed.
        patience: how long after its grace period a deleted Pod may still be there.

    Yields:
        The name of the sentence that says it, and its values.
    """
    for pod in pods.suspects:
        if fault := sickness(pod, taken, patience):
            yield "sick", {"pod": told(pod, fault), "namespace": pods.namespace, "name": pod.name}
    if pods.more:
        yield "more", {"count": pods.more, "namespace": pods.namespace}


def sickness(pod: Pod, taken: datetime, patience: timedelta) -> str:
    """Say in a few words what is wrong with a Pod, as ``kubectl get pods`` would, and where that is blind; or ''."""
    if pod.deleting is not None:
        return "Terminating" if taken > pod.deleting + patience else ""
    return "" if pod.phase == "Succeeded" else _fault_of(pod)


def _fault_of(pod: Pod) -> str:
    """Say what keeps a Pod that is to run from doing so."""
    if pod.phase == "Failed":
        return pod.reason or next(filter(None, map(_ended, pod.containers)), "Failed")
    if pod.unscheduled:
        return f"Pending: {pod.unscheduled}"
    for container in pod.containers:
        if fault := _fault(container):
            return f"Init:{fault}" if container.init else fault
    if pod.phase != "Running":
        return pod.phase or "no phase"
    if not pod.containers:
        return "no container"
    # Its containers are ready, by the last word of a node that may be lost.
    return f"not ready{pod.unready and f' ({pod.unready})'}" if pod.unready is not None else ""


def _fault(container: Container) -> str:
    """Say what keeps one container from doing its work."""
    if not container.stays:
        if container.state == "terminated":
            return "" if container.exit_code == 0 else _ended(container)
        return container.reason or container.state or "not started"
    if container.state == "running":
        return "" if container.ready else "not ready"
    return container.reason or _ended(container) or "not started"


def _ended(container: Container) -> str:
    if container.state != "terminated" or container.exit_code == 0:
        return ""
    return container.reason if container.reason not in {"", "Error"} else f"exit code {container.exit_code}"


def restarting(pods: PodsOfNamespace, taken: datetime, within: timedelta, most: int) -> Iterator[Fault]:
    """Give containers that were restarted more than ``most`` times in all, the last time ``within`` this while."""
    for pod in pods.suspects:
        for container in pod.containers:
            last = container.last_finished
            if container.restarts > most and (last is None or taken - last <= within):
                values: dict[str, object] = {
                    "pod": pod.name,
                    "namespace": pods.namespace,
                    "container": container.name,
                    "count": container.restarts,
                    "finished": f"{last:%Y-%m-%d %H:%M} UTC" if last else "-",
                }
                if container.last_exit_code is None:
                    yield "restarts_untold", values
                else:
                    ended = {"reason": container.last_reason, "exit_code": container.last_exit_code}
                    yield "restarts", {**values, **ended}


def at_fault(pod: Pod) -> Container | None:
    """Give the first container that does not do its work; ``None`` where none is at fault."""
    return next((item for item in pod.containers if _fault(item)), None)


def told(pod: Pod, what: str) -> list[str | Wording]:
    """Describe a sick Pod: what is wrong, since when, how it ended before, last event, last log line."""
    parts: list[str | Wording] = [f"{pod.name} {what}"]
    if pod.since:
        parts.append(wording("since", time=f"{pod.since:%Y-%m-%d %H:%M} UTC"))
    faulty = at_fault(pod)
    if faulty is not None:
        if faulty.message:
            parts.append(faulty.message)
        if faulty.last_reason:
            ended = {"reason": faulty.last_reason, "code": faulty.last_exit_code}
            parts.append(wording("last-ended", container=faulty.name, **ended))
        if faulty.restarts:
            parts.append(wording("restarts", count=faulty.restarts))
    elif pod.message:
        parts.append(pod.message)
    if pod.event:
        parts.append(wording("last-event", event=pod.event))
    if pod.log:
        parts.append(wording("last-log-line", line=pod.log[-1]))
    return parts
