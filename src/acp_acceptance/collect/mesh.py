"""What each node measures of the way to its peers in the second round trip."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from acp_acceptance.inventory import Role
from acp_acceptance.model.mesh import Reach, Way, Ways
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.text import is_address
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.values import choose

if TYPE_CHECKING:
    from acp_acceptance.inventory import Inventory, Node
    from acp_acceptance.model.snapshot import Snapshot

FULL_MESH = 20
"""Nodes of a cluster up to which each tries all others."""

NEEDING = frozenset(
    {
        "preflight.between.node-firewall",
        "preflight.between.latency",
        "preflight.between.latency-advised",
        "preflight.between.mtu",
    }
)
"""Requirements that the way between nodes is measured for; without them it is not."""

NAMING = frozenset(
    {
        "preflight.platform.platform-domain",
        "preflight.platform.platform-domain-advised",
        "preflight.recovery.dr-domain-points-here",
        "dr.dns.platform-domain",
        "dr.failover.dns",
    }
)
"""Likewise, those that nodes resolve the site's names for. Without any of both no second round trip is made."""

_CONTROL_PLANE_PEERS = 5
_REQUIREMENT = "preflight.between.node-firewall"
_USUAL_MTU = 1500
_NO_ANSWER = Way("", None, 0, None)
_HEADERS = {4: 28, 6: 48}
"""Bytes of IP and ICMP headers in a packet of ping."""


@dataclass(frozen=True)
class Told:
    """What a node is told for the second round trip.

    Attributes:
        values: variables of the script.
        places: ports to try by peer, in the order of their numbers there, also of those without an address.
        scopes: peers whose round trips are measured, by their numbers, and what is common with them.
        size: bytes of the packets.
        of: how many peers there are in the cluster.
        pinged: numbers of the peers that have an address.
    """

    values: dict[str, str]
    places: dict[str, tuple[str, ...]]
    scopes: list[tuple[str, str]]
    size: int
    of: int
    pinged: list[int]

    @property
    def sections(self) -> list[str]:
        """The sections that there is something to measure for."""
        between = ["reach", "ways"] if self.values["ways"] else []
        return [*between, *(["resolved"] if self.values["names"] else [])]

    def named(self, found: NodeFacts) -> dict[str, object]:
        """Give the facts with the peers' names in the places of their numbers, and what is missing as not known."""
        facts: dict[str, object] = {**found.problems()}
        if found.is_measured(NodeFacts.reach):
            facts["reach"] = Reach(
                {
                    peer: _of_places(found.reach.peers.get(str(number), {}), places)
                    for number, (peer, places) in enumerate(self.places.items())
                },
                self.of,
            )
        if found.is_measured(NodeFacts.ways):
            ways = {way.peer: way for way in found.ways.ways}
            facts["ways"] = Ways(
                tuple(
                    replace(ways.get(str(number), _NO_ANSWER), peer=peer, scope=scope, size=self.size)
                    for number, (peer, scope) in enumerate(self.scopes)
                    if number in self.pinged
                )
            )
        if found.is_measured(NodeFacts.resolved):
            facts["resolved"] = found.resolved
        return {name: fact for name, fact in facts.items() if name in self.sections}


def _of_places(said: dict[str, tuple[str, ...]], places: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Give outcome to ports, of those that were asked for; one that nothing was said of is unknown."""
    outcomes = {port: outcome for outcome, ports in said.items() for port in ports}
    told: dict[str, list[str]] = {}
    for port in places:
        told.setdefault(outcomes.get(port, "unknown"), []).append(port)
    return {outcome: tuple(ports) for outcome, ports in told.items()}


@dataclass
class Telling:
    """Tells nodes what to measure.

    Attributes:
        inventory: the site.
        snapshot: what is known of the nodes by now.
        between: whether the way between nodes is measured, too, and not only names resolved.
    """

    inventory: Inventory
    snapshot: Snapshot
    between: bool = True

    def __post_init__(self) -> None:
        self._clusters: dict[str, list[Node]] = {}
        for node in self.inventory.nodes:
            self._clusters.setdefault(node.cluster, []).append(node)
        self._places = {
            node.name: tuple(f"{protocol}/{port}" for protocol, port in _ports_of(node, self.inventory))
            for node in self.inventory.nodes
        }

    def told(self, node: Node) -> Told:
        """Give what one node is told."""
        reached = peers_of(node, self._clusters[node.cluster]) if self.between else []
        peers = [peer for peer in reached if not self._is_gone(peer)]
        across = [
            other
            for cluster, nodes in self._clusters.items()
            if cluster != node.cluster
            for other in nodes
            if self.between and Role.CONTROL_PLANE in other.roles and not self._is_gone(other)
        ][:_CONTROL_PLANE_PEERS]
        mtu = self._mtu(node)
        tries, ways, pinged = [], [], []
        for number, peer in enumerate([*peers, *across]):
            address = self._address(peer)
            if address is None:
                continue
            pinged.append(number)
            size = mtu - _HEADERS[ipaddress.ip_address(address.partition("%")[0]).version]
            ways.append(f"{number} {address} {size}\n")
            if number < len(peers):
                places = " ".join(self._places[peer.name]).replace("/", ":")
                tries.append(f"{number} {address} {places}\n")
        names = [name for name in self._names() if not is_address(name)]
        return Told(
            {"tries": "".join(tries), "ways": "".join(ways), "names": " ".join(names)},
            {peer.name: self._places[peer.name] for peer in peers},
            [(peer.name, scope_of(node, peer)) for peer in (*peers, *across)],
            mtu,
            len(self._clusters[node.cluster]) - 1,
            pinged,
        )

    def _is_gone(self, peer: Node) -> bool:
        """Tell whether a node was tried and could not be reached: its own verdict says so, and trying it costs time."""
        facts: Any = self.snapshot.of("node", peer.name)
        return bool(facts.is_measured(NodeFacts.contact) and facts.contact.outcome != "answered")

    def _address(self, peer: Node) -> str | None:
        """Give the address at which others reach a node: the inventory's, else the one it was reached at."""
        facts: Any = self.snapshot.of("node", peer.name)
        if not is_address(peer.address) and facts.is_measured(NodeFacts.access) and facts.access.arrived_at:
            return str(facts.access.arrived_at)
        return address_of(peer.address)

    def _mtu(self, node: Node) -> int:
        facts: Any = self.snapshot.of("node", node.name)
        return (facts.links.mtu if facts.is_measured(NodeFacts.links) else None) or _USUAL_MTU

    def _names(self) -> list[str]:
        """Give the domains that the site plans."""
        planned = [cluster.parameters for cluster in self.inventory.site.clusters.values()]
        addresses = [address for item in planned for address in (item.platform_address, item.cluster_endpoint)]
        return list(dict.fromkeys(address.lower() for address in addresses if address))


def peers_of(node: Node, cluster: list[Node]) -> list[Node]:
    """Give whom a node tries: all of its cluster, or a ring at distances 1, 2, 4 ... and control plane nodes."""
    own = next(number for number, other in enumerate(cluster) if other.name == node.name)
    if len(cluster) <= FULL_MESH:
        return [other for other in cluster if other.name != node.name]
    distances = [2**power for power in range(len(cluster).bit_length()) if 2**power < len(cluster)]
    ring = [cluster[(own + distance) % len(cluster)] for distance in distances]
    control_plane = [other for other in cluster if Role.CONTROL_PLANE in other.roles][:_CONTROL_PLANE_PEERS]
    return list({other.name: other for other in (*ring, *control_plane) if other.name != node.name}.values())


def scope_of(node: Node, peer: Node) -> str:
    """Say what two nodes have in common: the guides ask more of the way between some than between others."""
    cluster, network = node.cluster == peer.cluster, node.network == peer.network
    if cluster:
        return "cluster_and_network" if network else "cluster"
    return "network" if network else "neither"


@cache
def address_of(name: str) -> str | None:
    """Give an address, resolved here where a name stands for it; ``None`` where it does not resolve."""
    try:
        return str(socket.getaddrinfo(name.strip("[]"), None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return None


def _ports_of(peer: Node, inventory: Inventory) -> list[tuple[str, int]]:
    values = load_catalogue().releases[inventory.site.release].requirements[_REQUIREMENT]
    dimensions = {
        "cni": lambda: inventory.site.cni.value,
        "role": lambda: frozenset(role.value for role in peer.roles),
    }
    chosen = choose({name: values[name] for name in ("tcp", "udp")}, dimensions)
    return [(protocol, int(port)) for protocol in ("tcp", "udp") for port in chosen[protocol]]
