"""Where a load balancer leads: what answered behind the VIP, against what listened there for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from acp_acceptance.model.fault import Fault

_SURE_OF_ONE = 3


@dataclass(frozen=True)
class Forwarded:
    """One port of a balancer's address.

    Attributes:
        address: the VIP or the External IP.
        port: number.
        listened: control plane nodes that listened there, and were reached by their own addresses.
        answered: for each client that tried, the nodes that answered it.
        connections: how many were made in all.
    """

    address: str
    port: int
    listened: tuple[str, ...]
    answered: dict[str, tuple[str, ...]]
    connections: int

    @property
    def seen(self) -> set[str]:
        """All nodes that answered anybody."""
        return {node for nodes in self.answered.values() for node in nodes}

    @property
    def missing(self) -> tuple[str, ...]:
        """The nodes that listened and that no connection was led to."""
        return tuple(node for node in self.listened if node not in self.seen)

    @property
    def keeps_clients(self) -> bool:
        """Whether each client was always led to one node, so that a missing one may merely have had no client."""
        kept = all(len(nodes) <= 1 for nodes in self.answered.values())
        clients = sum(bool(nodes) for nodes in self.answered.values())
        return kept and (len(self.seen) > 1 or clients < _SURE_OF_ONE)


@dataclass(frozen=True)
class Forwarding:
    """What was tried of a cluster's balancer.

    Attributes:
        ports: of each address, those that must be forwarded.
        unheard: why a node could not listen, or not be reached by its own address, as text for people.
        unsaid: keys of the inventory that would say whether more ports must be forwarded.
    """

    ports: tuple[Forwarded, ...]
    unheard: tuple[str, ...]
    unsaid: tuple[str, ...]

    def faults(self) -> list[Fault]:
        """Give what is wrong for certain: the catalogue's sentence, and its values."""
        found: list[Fault] = []
        for tried in self.ports:
            observed: dict[str, object] = {"address": tried.address, "port": tried.port}
            if tried.listened and not tried.seen:
                found.append(("silent", {**observed, "connections": tried.connections}))
            elif tried.missing and not tried.keeps_clients:
                found.append(("missing", {**observed, "nodes": tried.missing, "connections": tried.connections}))
        return found

    def require_whole(self) -> None:
        """Make sure that nothing was left out.

        Raises:
            CollectionError: a port could not be tried on a node, it cannot be told, or is not known; says which.
        """
        left = list(self.unheard)
        left += [
            f"{tried.address} port {tried.port} leads each client to one node always, and none to "
            f"{', '.join(tried.missing)}: switch the balancer's source affinity off for the check"
            for tried in self.ports
            if tried.seen and tried.missing and tried.keeps_clients
        ]
        left += [f"the inventory does not say {key}, so whether more ports must be forwarded" for key in self.unsaid]
        if not self.ports:
            left.append("no port could be tried")
        if left:
            raise CollectionError("; ".join(left), kind="unclear")
