"""What lies between nodes: which ports of its peers a node reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.sections import Section

    Fault = tuple[str, dict[str, object]]

PATH_OPEN = frozenset({"open", "refused"})
FILTERED = frozenset({"no-answer", "prohibited", "unreachable"})


@dataclass(frozen=True)
class Attempt:
    """One port of one peer that was tried.

    Attributes:
        peer: number of the peer in the list that was sent, as text; its name once the collector has put that there.
        protocol: ``tcp`` or ``udp``.
        port: number.
        outcome: ``open``, ``refused`` (the path is open, nobody listens), ``no-answer``, ``prohibited``,
            ``unreachable``, or ``unknown``.
    """

    peer: str
    protocol: str
    port: int
    outcome: str


@dataclass(frozen=True)
class Reach:
    """The ports of peers that a node tried."""

    attempts: tuple[Attempt, ...]


def parse_reach(section: Section) -> Reach:
    """Read the second round trip's tries.

    Raises:
        CollectionError: the node has no bash or timeout to try with, or the tries did not end.
    """
    if "tries" in section.absent:
        raise CollectionError("bash and timeout are needed on the node to try its peers' ports, and one is missing")
    attempts = []
    for line in section.lines("tries"):
        peer, protocol, port, outcome = line.split()
        if protocol not in {"tcp", "udp"} or outcome not in PATH_OPEN | FILTERED | {"unknown"}:
            raise ValueError(line[:60])
        attempts.append(Attempt(peer, protocol, int(port), outcome))
    return Reach(tuple(attempts))


def filtered(own: NodeFacts, peers: Mapping[str, NodeFacts], ip_protocols: Sequence[int]) -> list[Fault]:
    """Give the filtered paths that a node is to blame for, as sentences with their values.

    A path is charged to its destination where most of the sources that tried that port see it filtered, else to its
    source where most destinations of that are filtered, else to both: one faulty node makes one verdict fail.

    Raises:
        CollectionError: the node tried nothing, nobody tried it, or something about it cannot be told.
    """
    mine = own.reach.attempts
    tried = [(name, item) for name, facts in peers.items() if facts.holds("reach") for item in facts.reach.attempts]
    to_own = [(name, item) for name, item in tried if item.peer == own.target]
    sources: dict[tuple[str, int], list[bool]] = {}
    for _, item in to_own:
        sources.setdefault((item.protocol, item.port), []).append(_is_filtered(item, own))
    faults: dict[tuple[str, str, str], set[int]] = {}
    for name, item in to_own:
        others = [other for source, other in tried if source == name]
        source_wrong = _most(_by_peer(others, peers).values())
        if _is_filtered(item, own) and (_most(sources[item.protocol, item.port]) or not source_wrong):
            faults.setdefault(("from", name, f"{item.protocol} {item.outcome}"), set()).add(item.port)
    for item in mine:
        if _is_filtered(item, peers.get(item.peer)):
            seen = [
                _is_filtered(other, peers.get(item.peer))
                for _, other in tried
                if (other.peer, other.protocol, other.port) == (item.peer, item.protocol, item.port)
            ]
            if not _most(seen):
                faults.setdefault(("to", item.peer, f"{item.protocol} {item.outcome}"), set()).add(item.port)
    if not faults:
        _require_told(own, mine, [item for _, item in to_own], peers, ip_protocols)
    return [(way, {"peer": peer, "seen": seen, "ports": sorted(ports)}) for (way, peer, seen), ports in faults.items()]


def _require_told(
    own: NodeFacts,
    mine: Sequence[Attempt],
    to_own: Sequence[Attempt],
    peers: Mapping[str, NodeFacts],
    ip_protocols: Sequence[int],
) -> None:
    if not mine or not to_own:
        raise CollectionError("no other node could be tried from here, or none could try this one")
    for item, destination in (*((item, peers.get(item.peer)) for item in mine), *((item, own) for item in to_own)):
        silent = item.outcome == "no-answer" and not _is_filtered(item, destination)
        if item.outcome == "unknown" or silent:
            raise CollectionError(
                f"{item.protocol} {item.port} of {item.peer} cannot be told: "
                + ("something may listen there, and need not answer" if silent else "the try gave no known answer")
            )
    if ip_protocols:
        raise CollectionError(
            f"IP protocol {ip_protocols[0]} (IP in IP) is not measured; check that no filter drops it"
        )


def _is_filtered(item: Attempt, destination: NodeFacts | None) -> bool:
    if item.outcome == "no-answer" and item.protocol == "udp":
        # Silence says something only where nobody listens: then an open path gives an ICMP answer.
        known = destination is not None and destination.holds("listeners")
        return known and destination is not None and not destination.listeners.holding([item.port], "udp")
    return item.outcome in FILTERED


def _by_peer(attempts: Sequence[Attempt], peers: Mapping[str, NodeFacts]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for item in attempts:
        found[item.peer] = found.get(item.peer, False) or _is_filtered(item, peers.get(item.peer))
    return found


def _most(values: Iterable[bool]) -> bool:
    counted = list(values)
    return sum(counted) * 2 > len(counted)
