"""How much goes through the network between nodes: what the link says, and what was measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Sent:
    """What one node sent to another, as the other counted it.

    Attributes:
        peer: the other node.
        address: where it listened.
        across: it is in another cluster, and in another network.
        size: bytes of payload.
        seconds: from the first to the last of them.
    """

    peer: str
    address: str
    across: bool
    size: int
    seconds: float

    @property
    def megabits_per_second(self) -> int:
        """The rate of the payload."""
        return int(self.size * 8 / self.seconds / 10**6)


@dataclass(frozen=True)
class Throughput:
    """Everything that was measured from one node."""

    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Rate:
    """One statement about a node's bandwidth.

    Attributes:
        sentence: ``slow_link`` or ``slow_path``: the catalogue's sentence for it.
        what: the interface, or the peer.
        across: it is about a path to another cluster in another network.
        megabits: Mbit/s of the link, or of the payload that went through.
        measured: by sending.
    """

    sentence: str
    what: str
    across: bool
    megabits: int
    measured: bool

    @property
    def scope(self) -> str:
        """``cluster`` or ``across``: what kind of way it is about."""
        return "across" if self.across else "cluster"

    def at_least(self, megabits: int, payload_percent: int) -> bool:
        """Tell whether a link of ``megabits`` would show this: of a link's rate only a part is payload."""
        return self.megabits * 100 >= megabits * (payload_percent if self.measured else 100)


def rates_of(facts: NodeFacts) -> Iterator[Rate]:
    """Give what is known of a node's bandwidth: of its link first, then of the paths that were measured.

    Raises:
        CollectionError: the link does not know its speed and nothing was measured, or what was to be measured was not.
    """
    links, problem = facts.links, facts.problems().get("throughput")
    if links.speed is not None:
        yield Rate("slow_link", links.interface, across=False, megabits=links.speed, measured=False)
    if problem is None or problem.kind != "not-asked":
        for sent in facts.throughput.sent:
            yield Rate("slow_path", sent.peer, sent.across, sent.megabits_per_second, measured=True)
    elif links.speed is None:
        raise CollectionError(
            f"{links.interface} does not know the speed of its link; measure it: --acp-active", kind="not-asked"
        )


_RECEIVED = re.compile(r"^received (\d{1,18}) (\d{1,6}\.\d{1,9})$", re.MULTILINE)


def parse_received(section: Section) -> tuple[int, float]:
    """Read how many bytes a receiver counted in how many seconds.

    Raises:
        CollectionError: it counted none, or did not come so far.
    """
    found = _RECEIVED.search(section.text("output"))
    if found is None or int(found[1]) == 0 or float(found[2]) <= 0:
        raise CollectionError("nothing arrived", kind="unreachable")
    return int(found[1]), float(found[2])
