"""The etcd synchroniser on one cluster: its Pods, what their logs show, its leader, what was restarted after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.pods import Pod, sickness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.platform.resources import Resource

_START = "start sync update"
_LEADS = "acquired leader lease"
_BEGINS_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True)
class SyncLog:
    """What the log of a synchroniser's container shows.

    Attributes:
        begins: time of its first line; ``None`` where it is empty.
        started: when it first said "Start Sync update"; ``None`` where it did not.
        leads: when it first said "Acquired leader lease".
        whole: it was read to its end, and begins when the container did.
        problem: why it could not be read; empty where it could.
    """

    begins: datetime | None = None
    started: datetime | None = None
    leads: datetime | None = None
    whole: bool = False
    problem: str = ""


@dataclass(frozen=True)
class SyncPod:
    """A Pod of the synchroniser.

    Attributes:
        pod: its state.
        restarts: of its containers, in all.
        workload_since: when what made it (its ReplicaSet) was made; ``None`` where that is not known.
        log: of its container.
    """

    pod: Pod
    restarts: int = 0
    workload_since: datetime | None = None
    log: SyncLog = SyncLog()


@dataclass(frozen=True)
class LeaderLease:
    """The Lease by which the synchroniser's Pods agree on a leader (4.3 and later; acp-resources).

    Attributes:
        holder: name of the leader's Pod; empty where there is none.
        renewed: it was renewed while it was looked at; ``None`` where it says nothing of that.
        seconds: that it lasts without being renewed.
        transitions: how often another became the leader.
    """

    holder: str
    renewed: bool | None = None
    seconds: int | None = None
    transitions: int = 0


@dataclass(frozen=True)
class Synchroniser:
    """The synchroniser of one cluster.

    Attributes:
        pods: that there are; none where it is not installed.
        lease: ``None`` where the cluster has none.
        lease_problem: why it could not be read; empty where it could.
    """

    pods: tuple[SyncPod, ...] = ()
    lease: LeaderLease | None = None
    lease_problem: str = ""


@dataclass(frozen=True)
class SyncSettings:
    """Settings of the plugin that could be read, without anything that may be secret.

    Attributes:
        values: name as in the ModuleInfo's configuration (``sync.checkInterval``) to value.
        usual_interval: default of the Data Check Interval, as the inventory says it; empty where it does not.
    """

    values: Mapping[str, bool | int | float | str]
    usual_interval: str = ""


@dataclass(frozen=True)
class RestartedPods:
    """Pods of services that are to be restarted once synchronisation was enabled.

    Attributes:
        since: service (``service_name``) to its Pods' names and when each was made.
    """

    since: Mapping[str, Mapping[str, datetime | None]] = field(default_factory=dict)


def read_log(text: str, container_since: datetime | None, *, whole: bool) -> SyncLog:
    """Read a log whose lines begin with their times, as the API gives it with ``timestamps``.

    Args:
        text: of the log, from its first line on.
        container_since: when the container started; a log that begins later was rotated.
        whole: it was read to its end.
    """
    begins = started = leads = None
    for line in text.splitlines():
        time, _, said = line.partition(" ")
        when = _time(time)
        if when is None:
            continue
        begins = begins or when
        lowered = said.lower()
        if started is None and _START in lowered:
            started = when
        if leads is None and _LEADS in lowered:
            leads = when
    reaches = container_since is None or begins is None or begins - container_since <= _BEGINS_WITHIN
    return SyncLog(begins, started, leads, whole=whole and reaches)


def _time(text: str) -> datetime | None:
    # Nanoseconds, which Python does not read.
    seconds, _, fraction = text.rstrip("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{seconds}.{(fraction + '000000')[:6]}+00:00")
    except ValueError:
        return None


def not_running(found: Synchroniser, taken: datetime, patience: timedelta) -> Iterator[Fault]:
    """Give what is wrong with the synchroniser's Pods (DR guide, step 3).

    Yields:
        The name of the sentence that says it, and its values.
    """
    working = [item for item in found.pods if item.pod.phase != "Succeeded"]
    if not working:
        yield "none", {}
    for item in working:
        if fault := sickness(item.pod, taken, patience):
            yield "sick", {"pod": item.pod.name, "fault": fault}


def not_started(found: Synchroniser) -> Iterator[Fault]:
    """Say that no Pod's log shows that synchronisation began (DR guide, step 3).

    Raises:
        CollectionError: a log could not be read, or no longer reaches back to its beginning.
    """
    logs = [item.log for item in found.pods]
    if not logs or any(log.started for log in logs):
        return
    _require_whole(found.pods)
    yield "not_started", {"pods": [item.pod.name for item in found.pods]}


def _require_whole(pods: Iterable[SyncPod]) -> None:
    for item in pods:
        if item.log.problem:
            raise CollectionError(f"the log of {item.pod.name} could not be read: {item.log.problem}")
        if not item.log.whole:
            raise CollectionError(
                f"the log of {item.pod.name} no longer reaches back to its beginning", kind="incomplete"
            )


def not_led(found: Synchroniser) -> Iterator[Fault]:
    """Give what is wrong with the leader (4.3 and later; acp-resources).

    Raises:
        CollectionError: the Lease, or the leader's log, could not be read.
    """
    if found.lease_problem:
        raise CollectionError(f"the Lease could not be read: {found.lease_problem}")
    if found.lease is None or not found.lease.holder:
        yield "no_leader", {}
        return
    holder = found.lease.holder
    # A holder is named after its Pod; libraries add something of their own behind "_".
    leader = next(
        (item for item in found.pods if holder == item.pod.name or holder.startswith(f"{item.pod.name}_")), None
    )
    if leader is None:
        yield "leader_gone", {"holder": holder}
        return
    if found.lease.renewed is False:
        yield "not_renewed", {"holder": holder, "seconds": found.lease.seconds}
    if not (leader.log.started or leader.log.leads):
        _require_whole([leader])
        yield "leader_silent", {"holder": holder}


def first_start(found: Synchroniser) -> datetime | None:
    """Give when synchronisation first began, by the logs; ``None`` where no log shows the first time."""
    starts = [item.log.started for item in found.pods if item.log.started and item.log.whole and not item.restarts]
    return min(starts, default=None)


def recreated(found: Synchroniser, grace: timedelta) -> bool:
    """Tell whether a Pod was recreated after synchronisation first began (DR guide, step 3).

    Where a Pod leads, another leader than the first says so. A Pod that was made after another's log shows the
    beginning is one. So is one that was made some time (``grace``) after its ReplicaSet, which makes all of its Pods at
    once, unless a log shows that the first beginning came later.

    Raises:
        CollectionError: neither can be told.
    """
    made = [item.pod.since for item in found.pods if item.pod.since]
    workloads = [item.workload_since for item in found.pods if item.workload_since]
    if not made:
        raise CollectionError("there is no Pod of the synchroniser whose age is known", kind="absent")
    start = first_start(found)
    if (found.lease is not None and found.lease.transitions) or (start is not None and max(made) > start):
        return True
    if workloads and max(made) > min(workloads) + grace:
        return not _began_late(found, start, min(workloads) + grace)
    if start is None:
        raise CollectionError('no log shows when synchronisation began ("Start Sync update")', kind="unclear")
    return False


def _began_late(found: Synchroniser, start: datetime | None, first: datetime) -> bool:
    """Tell whether a Pod of the first generation shows the first beginning."""
    return any(
        start is not None and item.log.started == start and item.pod.since and item.pod.since <= first
        for item in found.pods
    )


def not_restarted(found: Synchroniser, pods: RestartedPods) -> Iterator[Fault]:
    """Give services whose Pods are older than the beginning of synchronisation (DR guide, step 3).

    Raises:
        CollectionError: it is not known when that was.
    """
    if not any(pods.since.values()):
        return
    workloads = [item.workload_since for item in found.pods if item.workload_since]
    begun = first_start(found) or min(workloads, default=None)
    if begun is None:
        raise CollectionError("it is not known when synchronisation began", kind="unclear")
    for service, made in sorted(pods.since.items()):
        old = [name for name, since in made.items() if since is not None and since < begun]
        if old:
            yield "not_restarted", {"service": service, "pods": old, "begun": f"{begun:%Y-%m-%d %H:%M} UTC"}
        unknown = [name for name, since in made.items() if since is None]
        if unknown:
            raise CollectionError(f"{unknown[0]} does not say when it was made", kind="unclear")


def off_side(primary: Iterable[Resource], found_on_primary: Synchroniser) -> Iterator[Fault]:
    """Say that the synchroniser is on the primary, too, by its module or by its Pods."""
    modules = [item.name for item in primary]
    pods = [item.pod.name for item in found_on_primary.pods if item.pod.phase != "Succeeded"]
    if modules or pods:
        yield "on_primary", {"found": modules or pods}


def _setting(settings: SyncSettings, names: Iterable[str]) -> tuple[str, str | int | float | bool] | None:
    """Give the setting that is called by one of some names, and its value; ``None`` where there is none.

    How settings are written is not public: capitals, and what joins words, do not count.

    Raises:
        CollectionError: there are settings, and none of them is called so.
    """
    wanted = {_plain(name) for name in names}
    for name, value in sorted(settings.values.items()):
        if _plain(name.rpartition(".")[2]) in wanted:
            return name, value
    if settings.values:
        known = ", ".join(sorted(settings.values)[:5])
        raise CollectionError(
            f"which of the plugin's settings is {next(iter(names))} is not known: it has {known}", kind="unclear"
        )
    return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def detailed(settings: SyncSettings, names: Iterable[str]) -> Iterator[Fault]:
    """Say that detailed logs are switched on (DR guide, step 3).

    Raises:
        CollectionError: the setting is not known.
    """
    found = _setting(settings, names)
    if found is not None and str(found[1]).lower() not in {"false", "0", ""}:
        yield "detailed", {"setting": f"{found[0]}={found[1]}"}


def unusual(settings: SyncSettings, names: Iterable[str]) -> Iterator[Fault]:
    """Say that the interval is not the default one (DR guide, step 3), which is not public: the inventory says it.

    Raises:
        CollectionError: the setting, or its default value, is not known.
    """
    found = _setting(settings, names)
    if found is None:
        return
    if not settings.usual_interval:
        raise CollectionError(
            f"{found[0]} is {found[1]}, and the default is not known: write the one that the plugin's page shows as "
            "dr.data_check_interval in the inventory",
            kind="unsaid",
        )
    if str(found[1]) != settings.usual_interval:
        yield "interval", {"setting": found[0], "value": found[1], "wanted": settings.usual_interval}
