"""What is compared between the nodes of one cluster: identities that must differ, clocks that must agree.

A peer whose facts were not measured is left out here: its own verdict is *broken*, so nothing is passed over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.measurement import Fact
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.software import EncryptionFile


def shared_identities(own: NodeFacts, peers: Mapping[str, NodeFacts]) -> list[Wording]:
    """Say which identities a node shares with its peers (``machine-id with cp-2``).

    Raises:
        CollectionError: the node's own identities were not measured, or those of no peer.
    """
    hostname, identity = own.hostname.name, own.identity
    hostnames = _measured(type(own).hostname, own, peers)
    identities = _measured(type(own).identity, own, peers)
    shared = [wording("shared", identity="hostname", peer=peer) for peer, other in hostnames if other.name == hostname]
    for peer, other in identities:
        if identity.machine_id and identity.machine_id == other.machine_id:
            shared.append(wording("shared", identity="machine-id", peer=peer))
        if identity.product_uuid and identity.product_uuid == other.product_uuid:
            shared.append(wording("shared", identity="product_uuid", peer=peer))
        if not identity.mac_addresses.isdisjoint(other.mac_addresses):
            shared.append(wording("shared", identity=wording("mac-address"), peer=peer))
    return shared


@dataclass(frozen=True)
class ClockDifference:
    """How far two clocks are apart.

    Attributes:
        peer: the other node.
        seconds: the difference.
        error: it is right within so many seconds.
    """

    peer: str
    seconds: float
    error: float

    def at_most(self, limit: float) -> bool:
        """Tell whether the clocks are at most ``limit`` seconds apart.

        Raises:
            CollectionError: the measurement is too coarse to tell.
        """
        if self.seconds + self.error <= limit:
            return True
        if self.seconds - self.error > limit:
            return False
        raise CollectionError(
            f"the clocks are {self.seconds:.3f} s apart, right within {self.error:.3f} s: "
            f"too coarse to tell whether that is at most {limit} s; run again, or nearer to the nodes",
            kind="unclear",
        )


def clock_difference(own: NodeFacts, peers: Mapping[str, NodeFacts]) -> ClockDifference:
    """Give the greatest clock difference that a node is to blame for.

    Of two clocks that differ, the one farther from the median of all is to blame (both, where they are equally far):
    one wrong clock makes one verdict fail and not all, and no difference goes without a culprit.

    Raises:
        CollectionError: the node's own clock was not measured, or that of no peer.
    """
    clock = own.clock
    others = dict(_measured(type(own).clock, own, peers))
    middle = median([clock.offset, *(other.offset for other in others.values())])
    distance = abs(clock.offset - middle)
    apart = {peer: abs(other.offset - clock.offset) for peer, other in others.items()}
    blamed = [peer for peer, other in others.items() if abs(other.offset - middle) <= distance]
    # Nobody is nearer to the median than the clock that is the median: the others are to blame for all differences.
    peer = max(blamed, key=apart.__getitem__) if blamed else min(apart, key=apart.__getitem__)
    return ClockDifference(peer, apart[peer], clock.error + others[peer].error)


@dataclass(frozen=True)
class OtherZone:
    """A time zone that differs from the one most nodes have.

    Attributes:
        zone: the node's.
        peer: a node that has the other.
        other: the other.
    """

    zone: str
    peer: str
    other: str


def other_zone(own: NodeFacts, peers: Mapping[str, NodeFacts]) -> list[OtherZone]:
    """Give how a node's time zone differs from the one that most nodes of its cluster have; nothing where it does not.

    Where no zone is that of most, every node that differs from another is told so.

    Raises:
        CollectionError: the node's own zone was not measured, or that of no peer.
    """
    zone = own.timezone
    others = _measured(type(own).timezone, own, peers)
    same = 1 + sum(other.rule == zone.rule for _, other in others)
    rivals = Counter(other.rule for _, other in others if other.rule != zone.rule)
    if not rivals or same > rivals.most_common(1)[0][1]:
        return []
    rule = rivals.most_common(1)[0][0]
    peer, other = next((peer, other) for peer, other in others if other.rule == rule)
    return [OtherZone(str(zone), peer, str(other))]


def other_keys(own: EncryptionFile, primary: Mapping[str, NodeFacts]) -> list[Fault]:
    """Give how a standby's encryption file differs from those of the primary's nodes.

    Returns:
        Names of sentences, each with its values; nothing where all are the same.

    Raises:
        CollectionError: the inventory names no node of a primary, or the file was measured on none of them.
    """
    found = {name: facts.encryption for name, facts in primary.items() if facts.is_measured(type(facts).encryption)}
    if not found:
        raise CollectionError(
            "the primary's nodes were not collected, so there is nothing to compare with; "
            "say installed: true of the primary's cluster in the inventory, and let --hosts choose its nodes too",
            kind="no-peer",
        )
    without = [name for name, file in found.items() if not file.present]
    if without:
        return [("absent_on_primary", {"peers": without})]
    others = [name for name, file in found.items() if file.digest != own.digest]
    return [("differs", {"peers": others})] if others and own.present else []


def _measured(fact: Fact[Any], own: NodeFacts, peers: Mapping[str, NodeFacts]) -> list[tuple[str, Any]]:
    def measured() -> Iterator[tuple[str, Any]]:
        for name, facts in peers.items():
            if name != own.target and facts.is_measured(fact):
                yield name, facts.measured(fact)

    found = list(measured())
    if not found:
        raise CollectionError(
            f"{fact.name} could be measured on no other node, so there is nothing to compare with", kind="no-peer"
        )
    return found
