"""Workloads: Deployments, StatefulSets, DaemonSets, Jobs and CronJobs, and what keeps them from being complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.fault import Fault
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import condition, conditions_of
from acp_acceptance.model.platform.listing import ByName, Chosen
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.platform.conditions import Condition


@dataclass(frozen=True)
class Rollout:
    """A Deployment, StatefulSet or DaemonSet.

    Attributes:
        name: with its namespace before it.
        generation: of its specification.
        observed: the generation that its status is about; ``None`` where it has no status yet.
        wanted: how many Pods there are to be; ``None`` where it does not say.
        current: how many there are.
        updated: how many of them are of the newest revision.
        to_update: how many are to be, of themselves: none with ``OnDelete``, and fewer with a partition.
        ready, available: how many of them are.
        said: what its controller says of it.
    """

    name: str
    generation: int | None
    observed: int | None
    wanted: int | None
    current: int = 0
    updated: int = 0
    to_update: int = 0
    ready: int = 0
    available: int = 0
    said: str = ""


@dataclass(frozen=True)
class Rollouts:
    """All objects of one of these kinds.

    Attributes:
        total: how many there are.
        kept: those that are kept: the incomplete ones (of DaemonSets all).
        more: how many more incomplete ones were only counted.
    """

    total: int
    kept: tuple[Rollout, ...] = ()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class Run:
    """A Job that has ended.

    Attributes:
        name: with its namespace before it.
        failed: for good: it is not tried again.
        created: when.
        reason, message: why it failed.
    """

    name: str
    failed: bool
    created: datetime | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class Jobs:
    """All Jobs.

    Attributes:
        total: how many there are.
        failed: Jobs of nobody's schedule that have failed for good.
        runs: by CronJob (namespace and name), the newest of its Jobs that has ended.
        going: CronJobs of which a Job has not ended yet.
        more: how many more failed ones were only counted.
    """

    total: int
    failed: tuple[Run, ...]
    runs: Mapping[str, Run]
    going: frozenset[str] = frozenset()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class CronJob:
    """One CronJob.

    Attributes:
        scheduled: when its last run was to begin.
        succeeded: when its last good run ended.
        active: how many runs go on.
    """

    scheduled: datetime | None
    succeeded: datetime | None
    active: int


@dataclass(frozen=True)
class CronJobs:
    """All CronJobs, by namespace and name."""

    items: Mapping[str, CronJob]
    missing: str = ""


@dataclass(frozen=True)
class WorkloadKind:
    """What is not complete of one kind of workload.

    Attributes:
        kind: its name, in the plural.
        total: how many there are.
        faults: names of sentences with their values.
        missing: why not all of them were seen; empty where they were.
    """

    kind: str
    total: int
    faults: tuple[Fault, ...] = ()
    missing: str = ""


def _number(found: Mapping[str, Any], name: str) -> int:
    """Read a number of the status, where nothing is none."""
    return raw.number(found, "status", name) or 0


def _said(conditions: tuple[Condition, ...]) -> str:
    """Give what a controller complains of."""
    bad = {"Progressing": "False", "ReplicaFailure": "True", "Available": "False"}
    found = [condition(conditions, kind) for kind in bad]
    return next((f"{item.reason}: {item.message}" for item in found if item and item.status == bad[item.type]), "")


def deployment(found: Mapping[str, Any]) -> Rollout:
    """Read a Deployment."""
    wanted = raw.number(found, "spec", "replicas")
    return _rollout(found, wanted, wanted or 0, _REPLICAS, said=_said(conditions_of(found)))


def stateful_set(found: Mapping[str, Any]) -> Rollout:
    """Read a StatefulSet; what its strategy leaves to be updated by hand is not waited for."""
    wanted = raw.number(found, "spec", "replicas")
    partition = raw.number(found, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    return _rollout(found, wanted, 0 if _by_hand(found) else max(0, (wanted or 0) - partition), _REPLICAS)


def daemon_set(found: Mapping[str, Any]) -> Rollout:
    """Read a DaemonSet."""
    wanted = raw.number(found, "status", "desiredNumberScheduled")
    return _rollout(found, wanted, 0 if _by_hand(found) else wanted or 0, _SCHEDULED)


_REPLICAS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
_SCHEDULED = ("currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable")
"""Where the status counts the Pods that are there, up to date, ready and available."""


def _by_hand(found: Mapping[str, Any]) -> bool:
    return raw.text(found, "spec", "updateStrategy", "type") == "OnDelete"


def _rollout(
    found: Mapping[str, Any], wanted: int | None, to_update: int, counts: tuple[str, str, str, str], said: str = ""
) -> Rollout:
    current, updated, ready, available = (_number(found, name) for name in counts)
    return Rollout(
        name=raw.name_of(found),
        generation=raw.number(found, "metadata", "generation"),
        observed=raw.number(found, "status", "observedGeneration"),
        wanted=wanted,
        current=current,
        updated=updated,
        to_update=to_update,
        ready=ready,
        available=available,
        said=said,
    )


def _if_lacking(found: Rollout) -> Rollout | None:
    return found if lacking(found) else None


def deployments() -> Chosen[Rollouts]:
    """Give a reader of Deployments."""
    return Chosen(lambda found: _if_lacking(deployment(found)), Rollouts)


def stateful_sets() -> Chosen[Rollouts]:
    """Give a reader of StatefulSets."""
    return Chosen(lambda found: _if_lacking(stateful_set(found)), Rollouts)


def daemon_sets() -> Chosen[Rollouts]:
    """Give a reader of DaemonSets; all are kept, since one of them is the network."""
    return Chosen(daemon_set, Rollouts, most=5000)


def lacking(found: Rollout) -> list[str | Wording]:
    """Give what a Deployment, StatefulSet or DaemonSet lacks to be complete."""
    if found.observed is None:
        return [wording("controller-silent")]
    if found.generation is None or found.observed < found.generation:
        return [wording("generation-behind", observed=found.observed, generation=found.generation)]
    if found.wanted is None:
        return [wording("count-unsaid")]
    parts: list[str | Wording] = [
        wording(name, count=count, wanted=wanted)
        for name, count, wanted in (
            ("pods-there", found.current, found.wanted),
            ("pods-updated", found.updated, found.to_update),
            ("pods-ready", found.ready, found.wanted),
            ("pods-available", found.available, found.wanted),
        )
        if count < wanted
    ]
    if found.current > found.wanted:
        parts.append(wording("pods-left", count=found.current - found.wanted))
    return [*parts, found.said] if parts and found.said else parts


class JobReader:
    """Reads the listing of all Jobs; of those that are complete it keeps each CronJob's newest."""

    def __init__(self) -> None:
        self._total, self._more = 0, 0
        self._failed: list[Run] = []
        self._runs: dict[str, Run] = {}
        self._going: set[str] = set()

    def take(self, found: Mapping[str, Any]) -> None:
        """Take one Job."""
        self._total += 1
        run, schedule = _ended(found), _schedule_of(found)
        if run is None:
            self._going |= {schedule} if schedule else set()
        elif schedule:
            before = self._runs.get(schedule)
            if before is None or _is_newer(run, before):
                self._runs[schedule] = run
        elif run.failed and len(self._failed) < _MOST_FAILED:
            self._failed.append(run)
        elif run.failed:
            self._more += 1

    def result(self, missing: str) -> Jobs:
        """Give the fact."""
        return Jobs(self._total, tuple(self._failed), self._runs, frozenset(self._going), self._more, missing)


_MOST_FAILED = 500


def _ended(found: Mapping[str, Any]) -> Run | None:
    """Read how a Job has ended; ``None`` where it has not, also where it is tried again."""
    conditions = conditions_of(found)
    failed, complete = condition(conditions, "Failed"), condition(conditions, "Complete")
    name, created = raw.name_of(found), raw.time(found, "metadata", "creationTimestamp")
    if failed and failed.status == "True":
        return Run(name, failed=True, created=created, reason=failed.reason, message=failed.message)
    if complete and complete.status == "True":
        return Run(name, failed=False, created=created)
    return None


def _schedule_of(found: Mapping[str, Any]) -> str:
    """Give the CronJob that made a Job; empty where none did."""
    namespace = raw.text(found, "metadata", "namespace")
    for owner in raw.items(found, "metadata", "ownerReferences"):
        if raw.text(owner, "kind") == "CronJob":
            return f"{namespace}/{raw.text(owner, 'name')}"
    return ""


def _is_newer(run: Run, before: Run) -> bool:
    return run.created is not None and (before.created is None or run.created > before.created)


def cron_jobs() -> ByName[CronJobs]:
    """Give a reader of CronJobs."""
    return ByName(_cron_job, CronJobs, raw.name_of)


def _cron_job(found: Mapping[str, Any]) -> CronJob:
    return CronJob(
        scheduled=raw.time(found, "status", "lastScheduleTime"),
        succeeded=raw.time(found, "status", "lastSuccessfulTime"),
        active=len(raw.items(found, "status", "active")),
    )


def rollout_kind(kind: str, found: Rollouts) -> WorkloadKind:
    """Judge all Deployments, StatefulSets or DaemonSets."""
    faults: list[Fault] = []
    for item in found.kept:
        if parts := lacking(item):
            namespace, _, name = item.name.rpartition("/")
            faults.append(("incomplete", {"name": name, "namespace": namespace, "what": parts}))
    return WorkloadKind(kind, found.total, (*faults, *_more(found.more)), found.missing)


def job_kind(found: Jobs) -> WorkloadKind:
    """Judge the Jobs that are of nobody's schedule."""
    faults = [_failed("failed_job", run.name, run) for run in found.failed]
    return WorkloadKind("Jobs", found.total, (*faults, *_more(found.more)), found.missing)


def cron_job_kind(cron: CronJobs, jobs: Jobs) -> WorkloadKind:
    """Judge the last run of each CronJob."""
    faults = []
    for name, item in cron.items.items():
        run = jobs.runs.get(name)
        if run is not None and run.failed:
            faults.append(_failed("failed_run", name, run))
        elif run is None and name not in jobs.going and _lost(item):
            namespace, _, short = name.rpartition("/")
            faults.append(
                (
                    "lost_run",
                    {"name": short, "namespace": namespace, "scheduled": f"{item.scheduled:%Y-%m-%d %H:%M} UTC"},
                )
            )
    return WorkloadKind("CronJobs", len(cron.items), tuple(faults), cron.missing or jobs.missing)


def _lost(item: CronJob) -> bool:
    """Tell that the last run of a CronJob had no success, though its Job is gone."""
    return (
        item.scheduled is not None and not item.active and (item.succeeded is None or item.succeeded < item.scheduled)
    )


def _failed(sentence: str, name: str, run: Run) -> Fault:
    namespace, _, short = name.rpartition("/")
    job = run.name.rpartition("/")[2]
    return sentence, {
        "name": short,
        "namespace": namespace,
        "job": job,
        "reason": run.reason,
        "message": run.message,
    }


def _more(count: int) -> Iterator[Fault]:
    if count:
        yield "more", {"count": count}
