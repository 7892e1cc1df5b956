"""Numbers that are worth following from run to run, taken from a snapshot: for ``metrics.prom`` and the history."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.check import require_understood
from acp_acceptance.model.pair.lag import OPERATIONS, spreads
from acp_acceptance.model.platform import PlatformFacts, raw
from acp_acceptance.reporting.results import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.certificate import ChainLink
    from acp_acceptance.model.snapshot import Snapshot


@dataclass(frozen=True)
class Measure:
    """One kind of number.

    Attributes:
        help: what it is.
        subject: what its ``subject`` is, as the label of a metric; empty where it has none.
        worst: which of several stands for all of them.
    """

    help: str
    subject: str = ""
    worst: Literal["largest", "smallest"] = "largest"


MEASURES = {
    "certificate_days_left": Measure(
        "Days until the first certificate of the chain expires that is served at an address or held by a Secret.",
        "address",
        "smallest",
    ),
    "missed_keys": Measure("Keys of the primary's etcd that the standby lacks, by the synchroniser's own monitor."),
    "surplus_keys": Measure("Keys that only the standby's etcd has, by the synchroniser's own monitor."),
    "replication_lag_seconds": Measure(
        "Time until the standby showed a change that was made on the primary (median), by kind of change.", "change"
    ),
    "replication_lag_worst_seconds": Measure(
        "The longest such time; where the standby did not show one, how long that was waited for.", "change"
    ),
}
"""All kinds, by name; a name ends with its unit."""

SUBJECTS = 50
"""So many measurements of one kind and target are kept: the worst."""

_DAY = timedelta(days=1)
_MILLISECONDS = 1000


def measurements(snapshot: Snapshot) -> list[Measurement]:
    """Give what was measured; what was not is left out, never zero."""
    found = [item for item in _read(snapshot) if math.isfinite(item.value)]
    kept = []
    groups: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for item in found:
        groups[item.name, item.target].append(item)
    for (name, _), items in groups.items():
        kept += sorted(items, key=lambda item: item.value, reverse=MEASURES[name].worst == "largest")[:SUBJECTS]
    return kept


def worst(items: Iterable[Measurement]) -> dict[str, float]:
    """Give one number for each kind: the worst of all."""
    by_name: dict[str, list[float]] = defaultdict(list)
    for item in items:
        by_name[item.name].append(item.value)
    return {name: (max if MEASURES[name].worst == "largest" else min)(values) for name, values in by_name.items()}


def _read(snapshot: Snapshot) -> Iterator[Measurement]:
    for (_, target), facts in snapshot.targets.items():
        if isinstance(facts, PlatformFacts):
            yield from _certificates(target, facts, datetime.fromisoformat(snapshot.taken))
        if isinstance(facts, PairFacts):
            standby = raw.text(snapshot.site, "site", "dr", "standby") or target
            yield from _keys(standby, facts)
            yield from _lag(standby, facts)


def _keys(target: str, facts: PairFacts) -> Iterator[Measurement]:
    """Give what the monitor counts; of an answer that is not wholly understood, only keys that are there."""
    try:
        answer = facts.check
    except CollectionError:
        return
    try:
        require_understood(answer)
        understood = True
    except CollectionError:
        understood = False
    for name, count in (("missed_keys", answer.missed_total), ("surplus_keys", answer.surplus_total)):
        if count or understood:
            yield Measurement(name=name, target=target, value=count)


def _lag(target: str, facts: PairFacts) -> Iterator[Measurement]:
    try:
        lag = facts.lag
    except CollectionError:
        return
    found = spreads(lag)
    for change, spread in found.items():
        yield Measurement(
            name="replication_lag_seconds", target=target, subject=change, value=spread.middle / _MILLISECONDS
        )
    for change in OPERATIONS:
        longest = found[change].most / _MILLISECONDS if change in found else 0.0
        if lag.lost.get(change) or change in found:
            value = max(longest, lag.waited) if lag.lost.get(change) else longest
            yield Measurement(name="replication_lag_worst_seconds", target=target, subject=change, value=value)


def _certificates(target: str, facts: PlatformFacts, taken: datetime) -> Iterator[Measurement]:
    try:
        items = facts.certificates.items
    except CollectionError:
        return
    for address, certificate in items.items():
        left = _days_left(certificate.content.chain, taken) if certificate.content else None
        if left is not None:
            yield Measurement(name="certificate_days_left", target=target, subject=address, value=left)


def _days_left(chain: Iterable[ChainLink], taken: datetime) -> float | None:
    """Give the days until the first certificate of a chain expires; ``None`` where there is no date."""
    try:
        return min(((datetime.fromisoformat(link.not_after) - taken) / _DAY for link in chain), default=None)
    except (ValueError, TypeError):
        return None
