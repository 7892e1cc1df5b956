"""What a node measured of the way to its peers: ports, round trips, packet sizes, names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.sections import Section

OPEN_PATH = frozenset({"open", "refused"})
FILTERED = frozenset({"no-answer", "prohibited", "unreachable"})


@dataclass(frozen=True)
class Reach:
    """The ports of peers that a node tried.

    Attributes:
        peers: peer to outcome to ports (``tcp/6443``). An outcome is ``open``, ``refused`` (the path is open, nobody
            listens), ``no-answer``, ``prohibited``, ``unreachable``, ``busy`` (the node that tried was too busy to
            tell) or ``unknown``. Peers are numbers in the list that was sent, until the collector puts their names
            there.
        of: how many peers the cluster has; where fewer were tried, these are a sample.
    """

    peers: dict[str, dict[str, tuple[str, ...]]]
    of: int = 0

    def outcomes(self, peer: str) -> Iterator[tuple[str, str]]:
        """Give port and outcome of everything that was tried of a peer."""
        for outcome, ports in self.peers.get(peer, {}).items():
            for port in ports:
                yield port, outcome


_MEANINGS = (
    ("refused", "onnection refused"),
    ("prohibited", r"No route to host|ermission denied|not permitted|administratively"),
    ("unreachable", "etwork is unreachable"),
    ("no-answer", "timed out"),
    ("busy", " busy$"),
)
_TIMED_OUT = 128


def parse_reach(section: Section) -> Reach:
    """Read what was tried, and how each try ended; one without an end stood still.

    Raises:
        CollectionError: the node has no bash to try with, or the tries did not end.
    """
    if "bash" in section.absent:
        raise CollectionError(
            "bash is needed on the node to try its peers' ports, and is not installed", kind="no-program"
        )
    # What stood still is tried again, and the last try counts.
    last = {(peer, port): _outcome(said) for peer, port, said in _tries(section.lines("tries"))}
    if not last:
        raise CollectionError("the node tried nothing", kind="not-collected")
    peers: dict[str, dict[str, list[str]]] = {}
    for (peer, port), outcome in last.items():
        peers.setdefault(peer, {}).setdefault(outcome, []).append(port)
    return Reach({peer: {key: tuple(ports) for key, ports in found.items()} for peer, found in peers.items()})


_TRY = re.compile(r"(?:^| )try (\d+) (tcp|udp) (\d+)")


def _tries(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Give peer, port and what was said of each try; a line holds all of one process."""
    for line in lines:
        _, *parts = _TRY.split(line)
        for peer, protocol, port, said in zip(*(parts[start::4] for start in range(4)), strict=True):
            yield peer, f"{protocol}/{port}", said


def _outcome(said: str) -> str:
    for outcome, pattern in _MEANINGS:
        if re.search(pattern, said):
            return outcome
    end = re.search(r" end (\d+)$", said)
    if end is None or int(end[1]) > _TIMED_OUT:
        return "no-answer"
    return "open" if end[1] == "0" else "unknown"


@dataclass(frozen=True)
class Way:
    """Round trips to a peer.

    Attributes:
        peer: its name; its number, until the collector puts the name there.
        milliseconds: the shortest round trip; ``None`` where no answer came.
        size: bytes of the greatest packet that was sent whole.
        passes: packets of that size get through; ``None`` where none of any size does, or ping cannot tell.
        scope: ``cluster_and_network``, ``cluster``, ``network`` or ``neither``: what both ends have in common.
    """

    peer: str
    milliseconds: float | None
    size: int
    passes: bool | None
    scope: str = ""


@dataclass(frozen=True)
class Ways:
    """Round trips to peers, of the own cluster and of the other one of a pair."""

    ways: tuple[Way, ...]


_ROUND_TRIP = re.compile(r"(?:rtt|round-trip) min/avg/max(?:/mdev)? = ([\d.]+)/")


def parse_ways(section: Section) -> Ways:
    """Read what ping printed for each peer.

    Raises:
        CollectionError: ping is not installed, or did not end.
    """
    if "ping" in section.absent:
        raise CollectionError(
            "ping is needed on the node to measure round trips, and is not installed (iputils)", kind="no-program"
        )
    found: dict[str, Way] = {}
    for line in section.lines("ping"):
        kind, peer, status, *_ = [*line.split(), "", ""]
        shortest = _ROUND_TRIP.search(line)
        milliseconds = float(shortest[1]) if shortest else None
        if kind == "way":
            # Its own interface's refusal, and a router's, are said; lost packets are not.
            understood = "invalid" not in line and "usage" not in line.lower()
            found[peer] = Way(peer, milliseconds, 0, status == "0" if understood else None)
        elif kind == "small" and peer in found:
            found[peer] = Way(peer, milliseconds, 0, found[peer].passes if milliseconds is not None else None)
    return Ways(tuple(found.values()))


@dataclass(frozen=True)
class Resolved:
    """Names as the node resolves them: name to addresses, none where it does not resolve."""

    addresses: dict[str, tuple[str, ...]]

    def of(self, name: str) -> tuple[str, ...]:
        """Give the addresses of a name.

        Raises:
            CollectionError: the node was not asked for it.
        """
        if name.lower() not in self.addresses:
            raise CollectionError(f"the node was not asked for the name {name}", kind="not-collected")
        return self.addresses[name.lower()]


def parse_resolved(section: Section) -> Resolved:
    """Read what getent found.

    Raises:
        CollectionError: getent is not installed.
    """
    if "getent" in section.absent:
        raise CollectionError("getent is needed on the node to resolve names, and is not installed", kind="no-program")
    return Resolved({name.lower(): tuple(text.split()) for name, text in section.named("name:").items()})
