"""What is compared between the nodes of one cluster: identities that must differ, clocks that must agree.

A peer whose facts were not measured is left out here: its own verdict is *broken*, so nothing is passed over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.identity import Identity
    from acp_acceptance.model.software import EncryptionFile


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


class Peers(dict[str, "NodeFacts"]):
    """The nodes of one cluster that were collected, by name, each to be compared with all others.

    What is compared is looked at once for all of them: they may be thousands.
    """

    def shared_identities(self, node: str) -> list[Wording]:
        """Say which identities a node shares with others (``machine-id with cp-2``).

        Raises:
            CollectionError: the node's own identities were not measured, or those of no other.
        """
        facts = self[node]
        hostname, identity = facts.hostname.name, facts.identity
        self._require_others("hostname", node)
        self._require_others("identity", node)
        own = [("hostname", hostname), *_identities(identity)]
        shared = [(kind, peer) for kind, value in own for peer in self._holders[kind, value] if peer != node]
        return [
            wording("shared", identity=wording("mac-address") if kind == "mac-address" else kind, peer=peer)
            for kind, peer in dict.fromkeys(shared)
        ]

    def clock_difference(self, node: str) -> ClockDifference:
        """Give the greatest clock difference that a node is to blame for.

        Of two clocks that differ, the one farther from the median of all is to blame (both, where they are equally
        far): one wrong clock makes one verdict fail and not all, and no difference goes without a culprit.

        Raises:
            CollectionError: the node's own clock was not measured, or that of no other.
        """
        clock = self[node].clock
        others = self._require_others("clock", node)
        far = self._from_median
        blamed = [peer for peer in others if far[peer] <= far[node] and peer != node]

        def apart(peer: str) -> float:
            return abs(float(others[peer].offset) - clock.offset)

        # Nobody is nearer to the median than the clock that is the median: the others are to blame for all differences.
        peer = max(blamed, key=apart) if blamed else min((name for name in others if name != node), key=apart)
        return ClockDifference(peer, apart(peer), clock.error + others[peer].error)

    def other_zone(self, node: str) -> list[OtherZone]:
        """Give how a node's time zone differs from the one that most nodes have; nothing where it does not.

        Where no zone is that of most, every node that differs from another is told so.

        Raises:
            CollectionError: the node's own zone was not measured, or that of no other.
        """
        zone = self[node].timezone
        zones = self._require_others("timezone", node)
        # In the order of their number; of as many, the first that was seen.
        rivals = [(rule, count) for rule, count in self._rules.most_common() if rule != zone.rule]
        if not rivals or self._rules[zone.rule] > rivals[0][1]:
            return []
        peer, other = next((peer, other) for peer, other in zones.items() if other.rule == rivals[0][0])
        return [OtherZone(str(zone), peer, str(other))]

    @cached_property
    def _measured(self) -> dict[str, dict[str, Any]]:
        """What was measured of a fact, by the fact's name and the node's."""
        return {}

    def _all(self, fact: str) -> dict[str, Any]:
        if fact not in self._measured:
            declared = NodeFacts.declared()[fact]
            self._measured[fact] = {
                name: facts.measured(declared) for name, facts in self.items() if facts.is_measured(declared)
            }
        return self._measured[fact]

    def _require_others(self, fact: str, node: str) -> dict[str, Any]:
        """Give what was measured of a fact, that of the node itself too."""
        found = self._all(fact)
        if not found.keys() - {node}:
            raise CollectionError(
                f"{fact} could be measured on no other node, so there is nothing to compare with", kind="no-peer"
            )
        return found

    @cached_property
    def _holders(self) -> dict[tuple[str, str], list[str]]:
        """The nodes that have an identity, by its kind and value."""
        holders: dict[tuple[str, str], list[str]] = defaultdict(list)
        for node, hostname in self._all("hostname").items():
            holders["hostname", hostname.name].append(node)
        for node, identity in self._all("identity").items():
            for known in _identities(identity):
                holders[known].append(node)
        return holders

    @cached_property
    def _from_median(self) -> dict[str, float]:
        """How far each clock is from the median of all, in seconds."""
        clocks = self._all("clock")
        middle = median(clock.offset for clock in clocks.values())
        return {node: abs(clock.offset - middle) for node, clock in clocks.items()}

    @cached_property
    def _rules(self) -> Counter[str]:
        return Counter(zone.rule for zone in self._all("timezone").values())


def _identities(identity: Identity) -> list[tuple[str, str]]:
    """Give what must differ, with its kind; a node need not have all of it."""
    found = [("machine-id", identity.machine_id), ("product_uuid", identity.product_uuid)]
    found += [("mac-address", address) for address in sorted(identity.mac_addresses)]
    return [(kind, value) for kind, value in found if value]


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
