"""How long the standby takes to show what was written on the primary: the data that a failover would lose (RPO)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault

OPERATIONS = ("create", "change", "delete")


@dataclass(frozen=True)
class Lag:
    """What a canary object showed; all times are of one clock, the runner's.

    Attributes:
        namespace: in which it was.
        milliseconds: operation to how long each round took, from asking the primary until the standby showed it.
        lost: operation to how many rounds the standby did not show in time.
        waited: seconds that were waited for each at most.
        resolution: milliseconds between two looks at the standby, at most: no time is known better than that.
        removed: left-overs of earlier runs that were removed.
        left: canaries that are still there, and on which side, since they could not be removed.
        stopped: why not all rounds were made; empty where they were.
    """

    namespace: str
    milliseconds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    waited: float = 0.0
    resolution: float = 0.0
    removed: int = 0
    left: tuple[str, ...] = ()
    stopped: str = ""


@dataclass(frozen=True)
class Spread:
    """Shortest, median and longest of some times, in milliseconds."""

    least: float
    middle: float
    most: float


def spreads(lag: Lag) -> dict[str, Spread]:
    """Give the spread of each operation that was measured."""
    return {
        operation: Spread(round(min(times), 1), round(median(times), 1), round(max(times), 1))
        for operation in OPERATIONS
        if (times := lag.milliseconds.get(operation))
    }


def summary(lag: Lag) -> dict[str, object]:
    """Give what was measured, for the record."""
    said: dict[str, object] = {
        f"{operation}_ms": f"{spread.least} / {spread.middle} / {spread.most}"
        for operation, spread in spreads(lag).items()
    }
    return {**said, "rounds": max((len(times) for times in lag.milliseconds.values()), default=0)}


def slow(lag: Lag, seconds: float) -> Iterator[Fault]:
    """Give what the standby did not show in ``seconds``, or not at all.

    Yields:
        The name of the sentence that says it, and its values.
    """
    for operation in OPERATIONS:
        lost = lag.lost.get(operation, 0)
        if lost:
            yield "lost", {"operation": operation, "count": lost, "waited": round(lag.waited, 1)}
    for operation, spread in spreads(lag).items():
        if spread.most > seconds * 1000:
            yield (
                "slow",
                {"operation": operation, "least": spread.least, "median": spread.middle, "most": spread.most},
            )
    if lag.left:
        yield "left", {"objects": list(lag.left)}


def require_rounds(lag: Lag) -> None:
    """Make sure that every operation was tried.

    Raises:
        CollectionError: it was not.
    """
    if lag.stopped:
        raise CollectionError(f"the lag could not be measured: {lag.stopped}")
    missing = [name for name in OPERATIONS if not lag.milliseconds.get(name) and not lag.lost.get(name)]
    if missing:
        raise CollectionError(f"the lag of {', '.join(missing)} was not measured", kind="not-collected")
