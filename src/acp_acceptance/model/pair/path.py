"""The way from the standby's nodes to the primary's etcd."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.sections import Section

_TRY = re.compile(r"try (\d+) (\d+)(?: ([\d.]+))?(.*)")
_OUTCOMES = (
    ("refused", "onnection refused"),
    ("unreachable", "nreachable|No route to host|ot permitted|ermission denied"),
)


@dataclass(frozen=True)
class Way:
    """How one address was reached.

    Attributes:
        outcome: ``open``, ``refused``, ``unreachable``, ``no-answer``.
        milliseconds: the shortest time of a TCP handshake, which is one round trip; ``None`` where there was none.
    """

    outcome: str
    milliseconds: float | None = None


@dataclass(frozen=True)
class EtcdPath:
    """The ways from each of the standby's control plane nodes.

    Attributes:
        nodes: node to address (``192.0.2.10:2379``) to how it was reached.
        problems: nodes that could not measure, and why.
        unknown: why there is no address to try; empty where there is one.
    """

    nodes: Mapping[str, Mapping[str, Way]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""


def parse_ways(section: Section, places: list[str]) -> dict[str, Way]:
    """Read what a node printed: for each try the place's number, the exit status and the seconds.

    Raises:
        CollectionError: the node has no bash or timeout, or did not try all places.
    """
    for program in ("bash", "timeout"):
        if program in section.absent:
            raise CollectionError(
                f"{program} is needed on the node to try the primary's etcd, and is not installed", kind="no-program"
            )
    ways: dict[str, Way] = {}
    for line in section.lines("tries"):
        found = _TRY.fullmatch(line)
        if found is None or int(found[1]) >= len(places):
            raise CollectionError(f"the node printed something else: {printable(line, limit=100)}", kind="unparsable")
        place = places[int(found[1])]
        ways[place] = _better(ways.get(place), _way(int(found[2]), found[3], found[4]))
    missing = [place for place in places if place not in ways]
    if missing:
        raise CollectionError(f"the node did not try {missing[0]}", kind="not-collected")
    return ways


def _way(status: int, seconds: str | None, said: str) -> Way:
    if status == 0 and seconds:
        try:
            return Way("open", round(float(seconds) * 1000, 3))
        except ValueError:
            return Way("open")
    return Way(next((name for name, pattern in _OUTCOMES if re.search(pattern, said)), "no-answer"))


def _better(one: Way | None, other: Way) -> Way:
    if one is None or one.outcome != "open":
        return other
    if other.milliseconds is None or (one.milliseconds is not None and one.milliseconds <= other.milliseconds):
        return one
    return other


def unreached(path: EtcdPath) -> Iterator[Fault]:
    """Give nodes of the standby that reach no, or not every, address of the primary's etcd.

    Yields:
        The name of the sentence that says it, and its values.
    """
    for node, ways in path.nodes.items():
        for place, way in ways.items():
            if way.outcome != "open":
                yield "unreached", {"node": node, "place": place, "outcome": way.outcome}


def distant(path: EtcdPath, milliseconds: float) -> Iterator[Fault]:
    """Give nodes of the standby whose round trip to the primary's etcd takes longer than ``milliseconds``."""
    for node, ways in path.nodes.items():
        for place, way in ways.items():
            if way.milliseconds is not None and way.milliseconds > milliseconds:
                yield "distant", {"node": node, "place": place, "milliseconds": way.milliseconds}


def require_tried(path: EtcdPath, *, timed: bool = False) -> None:
    """Make sure that every node of the standby tried.

    Raises:
        CollectionError: one did not, or (``timed``) reached nothing whose round trip it could measure.
    """
    if path.unknown:
        raise CollectionError(path.unknown)
    for node, reason in path.problems.items():
        raise CollectionError(f"{node} could not try the primary's etcd: {reason}")
    if not path.nodes:
        raise CollectionError("no control plane node of the standby tried the primary's etcd", kind="no-peer")
    if timed:
        for node, ways in path.nodes.items():
            if all(way.milliseconds is None for way in ways.values()):
                raise CollectionError(
                    f"{node} does not reach the primary's etcd, so that nothing was measured", kind="unreachable"
                )
