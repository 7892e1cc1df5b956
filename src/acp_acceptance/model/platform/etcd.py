"""etcd: its members as they see each other, and how fast their disks and the network between them are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


_ALARMS = {1: "NOSPACE", 2: "CORRUPT"}
_BUCKET = re.compile(r'^(etcd_\w+)_bucket\{(?:.*?\bTo="([^"]*)",?)?.*?\ble="([^"]+)".*?\}\s+([0-9.e+]+)\s*$')
_MOST_SERIES = 50
_LONGEST = 500


@dataclass(frozen=True)
class Member:
    """A member, as the members' list has it.

    Attributes:
        id: in hexadecimal digits, as etcdctl prints it.
        name: empty for one that has never started.
        hosts: of its peer and client URLs.
        learner: it has no vote yet.
    """

    id: str
    name: str
    hosts: tuple[str, ...] = ()
    learner: bool = False


@dataclass(frozen=True)
class Status:
    """What a member says of itself.

    Attributes:
        member, leader: ids; the leader's is empty where it knows none.
        database: bytes.
        errors: that it has.
    """

    member: str
    version: str
    database: int
    leader: str
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Health:
    """Whether a member takes part: it commits a proposal."""

    endpoint: str
    healthy: bool
    error: str = ""


@dataclass(frozen=True)
class Etcd:
    """etcd of the cluster.

    Attributes:
        members, statuses, healths: of all members; one that does not answer has no status.
        alarms: member and alarm.
        nodes: names of the control plane nodes with their addresses.
    """

    members: tuple[Member, ...]
    statuses: tuple[Status, ...]
    healths: tuple[Health, ...]
    alarms: tuple[tuple[str, str], ...]
    nodes: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Histogram:
    """Durations since the member started.

    Attributes:
        buckets: upper bounds in seconds, with how many lasted no longer.
        count: how many there were.
    """

    buckets: tuple[tuple[float, int], ...]
    count: int

    def quantile(self, share: float) -> float:
        """Estimate a quantile in seconds, as Prometheus does; the highest bound where it lies above all of them."""
        rank, below, seen = share * self.count, 0.0, 0
        for bound, count in self.buckets:
            if count >= rank:
                return below + (bound - below) * (rank - seen) / (count - seen) if count > seen else bound
            below, seen = bound, count
        return below


@dataclass(frozen=True)
class MemberMetrics:
    """What one member measures.

    Attributes:
        commit, fsync: of its disk; ``None`` where it does not say.
        peers: round trips to others, by their ids.
        problem: why nothing is known.
    """

    commit: Histogram | None = None
    fsync: Histogram | None = None
    peers: Mapping[str, Histogram] | None = None
    problem: str = ""


@dataclass(frozen=True)
class EtcdMetrics:
    """What all members measure, by the name of their Pods."""

    members: Mapping[str, MemberMetrics]


def read_members(text: str) -> tuple[Member, ...]:
    """Read ``etcdctl member list -w json``."""
    return tuple(
        Member(
            _id(raw.at(item, "ID")),
            raw.text(item, "name"),
            tuple(
                dict.fromkeys(filter(None, map(_host, (*raw.items(item, "peerURLs"), *raw.items(item, "clientURLs")))))
            ),
            learner=raw.flag(item, "isLearner") is True,
        )
        for item in raw.items(_json(text), "members")
    )


def read_statuses(text: str) -> tuple[Status, ...]:
    """Read ``etcdctl endpoint status --cluster -w json``."""
    found = _json(text)
    return tuple(
        Status(
            _id(raw.at(item, "Status", "header", "member_id")),
            raw.text(item, "Status", "version"),
            raw.number(item, "Status", "dbSize") or 0,
            _id(raw.at(item, "Status", "leader")),
            tuple(raw.text({"error": error}, "error") for error in raw.items(item, "Status", "errors")[:_MOST_SERIES]),
        )
        for item in (found if isinstance(found, list) else ())
    )


def read_healths(text: str) -> tuple[Health, ...]:
    """Read ``etcdctl endpoint health --cluster -w json``."""
    found = _json(text)
    return tuple(
        Health(raw.text(item, "endpoint"), raw.flag(item, "health") is True, raw.text(item, "error"))
        for item in (found if isinstance(found, list) else ())
    )


def read_alarms(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``etcdctl alarm list -w json``."""
    return tuple(
        (_id(raw.at(item, "memberID")), _ALARMS.get(raw.number(item, "alarm") or 0, f"alarm {raw.at(item, 'alarm')}"))
        for item in raw.items(_json(text), "alarms")
    )


def _json(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(text)
    except ValueError as error:
        raise CollectionError(
            f"etcdctl gave no JSON: {printable(text, limit=200) or '(nothing)'}", kind="unparsable"
        ) from error


def _id(found: object) -> str:
    return f"{found:x}" if isinstance(found, int) and found else ""


def _host(url: object) -> str:
    try:
        return urlsplit(url).hostname or "" if isinstance(url, str) else ""
    except ValueError:
        return ""


def read_metrics(text: str) -> MemberMetrics:
    """Read the histograms that are judged out of a member's metrics."""
    found: dict[tuple[str, str], dict[float, int]] = {}
    for line in text.splitlines():
        # A line of etcd's is short; what is longer is none, and would only cost time.
        if len(line) > _LONGEST:
            continue
        if line.startswith(("etcd_disk_", "etcd_network_peer_round_trip_")) and (match := _BUCKET.match(line)):
            series = found.setdefault((match[1], match[2] or ""), {})
            series[float(match[3])] = int(float(match[4]))
    peers = "etcd_network_peer_round_trip_time_seconds"
    return MemberMetrics(
        _histogram(found.get(("etcd_disk_backend_commit_duration_seconds", ""))),
        _histogram(found.get(("etcd_disk_wal_fsync_duration_seconds", ""))),
        {
            printable(peer): histogram
            for (name, peer), series in list(found.items())[:_MOST_SERIES]
            if name == peers and (histogram := _histogram(series))
        },
    )


def _histogram(series: Mapping[float, int] | None) -> Histogram | None:
    if not series:
        return None
    finite = sorted((bound, count) for bound, count in series.items() if bound != float("inf"))
    return Histogram(tuple(finite), max(series.values()))


def unsound(etcd: Etcd) -> Iterator[Fault]:
    """Give what keeps etcd from being one healthy cluster over all control plane nodes.

    Raises:
        CollectionError: it named no member, so that nothing could be judged.
    """
    if not etcd.members:
        raise CollectionError("etcd named no member", kind="empty")
    yield from _misplaced(etcd)
    yield from _unhealthy(etcd)
    leaders = {status.leader for status in etcd.statuses}
    if len(leaders) != 1 or "" in leaders:
        yield "leaders", {"leaders": sorted(_called(etcd, leader) if leader else "(none)" for leader in leaders)}
    for member_id, alarm in etcd.alarms:
        yield "alarm", {"member": _called(etcd, member_id), "alarm": alarm}


def _unhealthy(etcd: Etcd) -> Iterator[Fault]:
    """Give members that take no part, or say themselves that something is wrong."""
    for health in etcd.healths:
        if not health.healthy:
            yield "unhealthy", {"endpoint": health.endpoint, "reason": health.error}
    said = {status.member for status in etcd.statuses}
    for member in etcd.members:
        if member.learner and member.name:
            yield "learner", {"member": member.name or member.id}
        elif member.name and member.id not in said:
            yield "silent", {"member": member.name}
    for status in etcd.statuses:
        # Alarms are told by themselves.
        for error in (error for error in status.errors if "alarm:" not in error):
            yield "error", {"member": _called(etcd, status.member), "error": error}


def _misplaced(etcd: Etcd) -> Iterator[Fault]:
    """Give members that are on no control plane node, and nodes that have none."""
    placed = {
        member.id: {name for name, hosts in etcd.nodes.items() if {member.name, *member.hosts} & {name, *hosts}}
        for member in etcd.members
    }
    for member in etcd.members:
        if not member.name:
            yield "never_started", {"member": member.id, "hosts": member.hosts}
        elif not placed[member.id]:
            yield "foreign", {"member": member.name, "hosts": member.hosts}
    for name in etcd.nodes:
        if not any(name in nodes for nodes in placed.values()):
            yield "node_without", {"node": name}


def _called(etcd: Etcd, member_id: str) -> str:
    return next((member.name for member in etcd.members if member.id == member_id and member.name), member_id)


def large(etcd: Etcd, mebibytes: int) -> Iterator[Fault]:
    """Give members whose database is too large.

    Raises:
        CollectionError: none of them said its size.
    """
    if not etcd.statuses:
        raise CollectionError("no member of etcd says how large its database is", kind="empty")
    for status in etcd.statuses:
        if status.database >= mebibytes * 2**20:
            yield "large", {"member": _called(etcd, status.member), "size": round(status.database / 2**20)}


def slow(metrics: EtcdMetrics, *, commit: float, fsync: float, peer: float) -> Iterator[Fault]:
    """Give members whose disk, or whose way to others, is slow: 99 of 100 must be faster than these milliseconds."""
    for name, member in metrics.members.items():
        for sentence, histogram, most in (("commit", member.commit, commit), ("fsync", member.fsync, fsync)):
            if histogram and histogram.count and (lasted := histogram.quantile(0.99) * 1000) >= most:
                yield sentence, {"member": name, "milliseconds": round(lasted, 1)}
        for other, histogram in (member.peers or {}).items():
            if histogram.count and (lasted := histogram.quantile(0.99) * 1000) >= peer:
                yield "peer", {"member": name, "other": other, "milliseconds": round(lasted, 1)}


def require_measured(metrics: EtcdMetrics, least: int) -> None:
    """Make sure that every member measured enough to be judged by.

    Args:
        metrics: of all members.
        least: how many durations a quantile needs.

    Raises:
        CollectionError: one of them did not.
    """
    if not metrics.members:
        raise CollectionError("no member of etcd gave its metrics", kind="empty")
    for name, member in metrics.members.items():
        if member.problem:
            raise CollectionError(f"{name}: {member.problem}")
        needed = {"backend commit": member.commit, "WAL fsync": member.fsync}
        if len(metrics.members) > 1:
            needed["peer round trip"] = next(iter((member.peers or {}).values()), None)
        for what, histogram in needed.items():
            if histogram is None or histogram.count < least:
                count = histogram.count if histogram else 0
                raise CollectionError(f"{name} has measured {what} {count} times; {least} are needed", kind="too-early")
