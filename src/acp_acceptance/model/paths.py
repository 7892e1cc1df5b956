"""Who is to blame for a path between two nodes that is not as it must be.

A path is charged to the end that more of its paths speak against, and to both where that is even: so one node with a
fault makes one verdict fail, and no fault goes without a culprit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.mesh import FILTERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.mesh import Way
    from acp_acceptance.model.node import NodeFacts

Pair = tuple[str, str]


class Mesh:
    """The paths between the nodes of a cluster, as all of them measured them.

    Args:
        nodes: facts of all nodes that were collected, by name; those of the other cluster of a pair too.
    """

    def __init__(self, nodes: Mapping[str, NodeFacts]) -> None:
        self._nodes = nodes
        self._latency: dict[tuple[float, ...], dict[str, list[Fault]]] = {}

    @cached_property
    def _gone(self) -> set[str]:
        """Nodes that cannot be reached at all, which their own verdict says: no path to them is to blame."""
        return {
            name
            for name, facts in self._nodes.items()
            if facts.is_measured(type(facts).contact) and facts.contact.outcome != "answered"
        }

    @cached_property
    def _tried(self) -> dict[Pair, list[tuple[str, str]]]:
        """Ports and outcomes by source and destination; what can say nothing is called ``unknown``."""
        tried: dict[Pair, list[tuple[str, str]]] = {}
        for source, facts in self._nodes.items():
            if facts.is_measured(type(facts).reach):
                for peer in (peer for peer in facts.reach.peers if peer not in self._gone):
                    outcomes = facts.reach.outcomes(peer)
                    tried[source, peer] = [(port, self._told(peer, port, outcome)) for port, outcome in outcomes]
        return tried

    @cached_property
    def _touching(self) -> dict[str, list[Pair]]:
        """The paths that were tried and begin or end at each node."""
        touching: dict[str, list[Pair]] = {node: [] for node in self._nodes}
        for source, peer in self._tried:
            touching[source].append((source, peer))
            touching.setdefault(peer, []).append((source, peer))
        return touching

    def _told(self, peer: str, port: str, outcome: str) -> str:
        """Say what an outcome means: silence on UDP says something only where nobody listens."""
        if outcome != "no-answer" or not port.startswith("udp/"):
            return outcome
        facts = self._nodes.get(peer)
        if facts is None or not facts.is_measured(type(facts).listeners):
            return "unknown"
        return "unknown" if facts.listeners.holding([int(port[4:])], "udp") else outcome

    @cached_property
    def _filtered(self) -> dict[str, list[Fault]]:
        """The filtered ports that each node is to blame for."""
        paths = {pair: any(outcome in FILTERED for _, outcome in tried) for pair, tried in self._tried.items()}
        charged: dict[str, dict[tuple[str, str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
        into, out_of = _shares(paths, 1), _shares(paths, 0)
        for (source, peer), tried in self._tried.items():
            for port, outcome in tried:
                if outcome in FILTERED:
                    protocol, _, number = port.partition("/")
                    seen = f"{protocol} {outcome}"
                    if into[peer] >= out_of[source]:
                        charged[peer]["from", source, seen].append(int(number))
                    if out_of[source] >= into[peer]:
                        charged[source]["to", peer, seen].append(int(number))
        return {
            node: [
                (way, {"peer": peer, "seen": seen, "ports": sorted(ports)})
                for (way, peer, seen), ports in faults.items()
            ]
            for node, faults in charged.items()
        }

    def filtered(self, node: str) -> list[Fault]:
        """Give the filtered ports that a node is to blame for, each with the peer and what was seen.

        Raises:
            CollectionError: there are none, and something about the node's ports cannot be told.
        """
        faults = self._filtered.get(node, [])
        if not faults:
            self._require_told(node)
        return faults

    def _require_told(self, node: str) -> None:
        facts = self._nodes[node]
        if not facts.reach.peers:
            raise CollectionError("the node tried no peer", kind="no-peer")
        if not any(peer == node for _, peer in self._touching[node]):
            raise CollectionError("no other node could try this one", kind="no-peer")
        self._require_calm(node)
        for source, peer in self._touching[node]:
            unknown = [port for port, outcome in self._tried[source, peer] if outcome == "unknown"]
            if unknown:
                raise CollectionError(
                    f"{', '.join(unknown)} of {peer} cannot be told from {source}: "
                    "something may listen there and not answer, the address is not known, or nothing was tried",
                    kind="unclear",
                )

    def _require_calm(self, node: str) -> None:
        """A node that is too busy says nothing of its own ways; of a peer's, others do, if any of them is calm."""
        touching = self._touching[node]
        busy = {pair for pair in touching if any(outcome == "busy" for _, outcome in self._tried[pair])}
        calm = any(peer == node and (source, peer) not in busy for source, peer in touching)
        for source, peer in touching:
            if (source, peer) in busy and (node == source or not calm):
                raise CollectionError(
                    f"too many processes wait for a processor of {source}: no answer from {peer} may be its own delay",
                    kind="busy",
                )

    def slow(self, node: str, limits: Mapping[str, float]) -> list[Fault]:
        """Give the round trips above a limit that a node is to blame for.

        Args:
            node: its name.
            limits: milliseconds by scope.

        Raises:
            CollectionError: the node measured none, or a peer did not answer.
        """
        key = tuple(limits[scope] for scope in sorted(limits))
        if key not in self._latency:
            ways = {pair: way for pair, way in self._ways.items() if way.milliseconds is not None}
            slow = {pair: (way.milliseconds or 0) > limits[way.scope] for pair, way in ways.items()}
            self._latency[key] = _charged(
                slow, lambda pair: {"milliseconds": ways[pair].milliseconds, "limit": limits[ways[pair].scope]}
            )
        faults = self._latency[key].get(node, [])
        if not faults:
            silent = [way.peer for way in self._own_ways(node) if way.milliseconds is None]
            if silent:
                raise CollectionError(
                    f"{', '.join(silent)} did not answer ping from here, so that the round trip is not known; "
                    "let ICMP echo through",
                    kind="unreachable",
                )
        return [("slow", values) for _, values in faults]

    def narrow(self, node: str) -> list[Fault]:
        """Give the paths on which packets of the link's size are lost, and that a node is to blame for.

        Raises:
            CollectionError: the node measured none, or it cannot be told.
        """
        faults = self._narrow.get(node, [])
        if not faults:
            untold = [way.peer for way in self._own_ways(node) if way.passes is None]
            if untold:
                raise CollectionError(
                    f"whether packets of full size reach {', '.join(untold)} cannot be told: no answer", kind="unclear"
                )
        return [("narrow", values) for _, values in faults]

    @cached_property
    def _narrow(self) -> dict[str, list[Fault]]:
        told = {pair: way for pair, way in self._ways.items() if way.passes is not None}
        return _charged({pair: not way.passes for pair, way in told.items()}, lambda pair: {"size": told[pair].size})

    @cached_property
    def _ways(self) -> dict[Pair, Way]:
        return {
            (source, way.peer): way
            for source, facts in self._nodes.items()
            if facts.is_measured(type(facts).ways)
            for way in facts.ways.ways
            if way.peer not in self._gone
        }

    def _own_ways(self, node: str) -> tuple[Way, ...]:
        ways = tuple(way for way in self._nodes[node].ways.ways if way.peer not in self._gone)
        if not ways:
            raise CollectionError("the node measured the way to no peer", kind="no-peer")
        return ways


def _shares(paths: Mapping[Pair, bool], end: int) -> dict[str, float]:
    """Give which part of the paths that end (1) or begin (0) at each node is bad."""
    total = Counter(pair[end] for pair in paths)
    bad = Counter(pair[end] for pair, is_bad in paths.items() if is_bad)
    shares: dict[str, float] = defaultdict(float)
    shares.update({node: bad[node] / count for node, count in total.items()})
    return shares


def _charged(bad: Mapping[Pair, bool], values: Callable[[Pair], dict[str, object]]) -> dict[str, list[Fault]]:
    """Charge bad paths, measured there and back, to that end which has the greater part of bad ones."""
    touching = [(node, is_bad) for pair, is_bad in bad.items() for node in pair]
    total = Counter(node for node, _ in touching)
    worse = Counter(node for node, is_bad in touching if is_bad)
    share = {node: worse[node] / count for node, count in total.items()}
    charged: dict[str, dict[str, Fault]] = defaultdict(dict)
    for pair in (pair for pair, is_bad in bad.items() if is_bad):
        for node, other in (pair, pair[::-1]):
            if share[node] >= share[other]:
                charged[node].setdefault(other, ("", {"peer": other, **values(pair)}))
    return {node: list(faults.values()) for node, faults in charged.items()}


def elsewhere(found: Mapping[str, Iterable[str]], allowed: Iterable[str]) -> Iterator[Fault]:
    """Give names that do not lead to one of the addresses they must lead to.

    Args:
        found: name to the addresses that a node resolves it to.
        allowed: addresses they may have.
    """
    wanted = list(allowed)
    for name, addresses in found.items():
        there = list(addresses)
        if not there:
            yield "unresolved", {"name": name}
        elif not set(there) <= set(wanted):
            yield "elsewhere", {"name": name, "addresses": there, "wanted": wanted}
