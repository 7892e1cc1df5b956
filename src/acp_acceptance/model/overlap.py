"""Networks that must not overlap: the cluster's own, and those its nodes are in."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_network
from itertools import combinations
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.layout import ClusterLayout, PlannedNetworks

Network = IPv4Network | IPv6Network
Interface = IPv4Interface | IPv6Interface

_KINDS = ("pods", "services", "join")


@dataclass(frozen=True)
class OwnNetwork:
    """A network of the cluster itself.

    Attributes:
        kind: ``pods``, ``services`` or ``join``.
    """

    kind: str
    network: Network

    def __str__(self) -> str:
        return f"{self.kind} {self.network}"


@dataclass(frozen=True)
class NodeNetwork:
    """A network that a node has an address in, or a route to."""

    node: str
    network: Network

    def __str__(self) -> str:
        return f"{self.node} {self.network}"


def networks_of_nodes(layout: ClusterLayout, interfaces: Mapping[str, Iterable[Interface]]) -> Iterator[NodeNetwork]:
    """Give the networks of all nodes: of their interfaces where these were measured, else their address alone.

    Raises:
        CollectionError: of a node neither its interfaces nor its address are known.
    """
    for node in layout.nodes:
        if node.name in interfaces:
            yield from (NodeNetwork(node.name, item.network) for item in interfaces[node.name])
        elif is_address(node.address):
            yield NodeNetwork(node.name, ip_network(node.address.partition("%")[0]))
        else:
            raise CollectionError(
                f"the networks of {node.name} are not known: {node.address} is a name", kind="unclear"
            )


def own_networks(
    planned: PlannedNetworks, defaults: Mapping[str, Sequence[str]], families: Sequence[int]
) -> list[OwnNetwork]:
    """Give the cluster's networks: the planned ones, and the platform's defaults where the inventory is silent.

    Args:
        planned: what the inventory says.
        defaults: by kind; a kind without defaults does not exist with this network plugin.
        families: IP versions in use, 4 and 6.

    Raises:
        CollectionError: for an IP version in use neither says a network.
    """
    networks = []
    for kind in _KINDS:
        if not defaults[kind]:
            continue
        said = getattr(planned, kind)
        found = [ip_network(text) for text in (defaults[kind] if said is None else said)]
        networks += [OwnNetwork(kind, network) for network in found if network.version in families]
        unsaid = [version for version in families if version not in {network.version for network in found}]
        if unsaid:
            raise CollectionError(
                f"no IPv{unsaid[0]} network is known for {kind}; say it in the inventory: networks.{kind}",
                kind="unsaid",
            )
    return networks


def overlaps(own: Iterable[OwnNetwork]) -> list[Fault]:
    """Give the cluster's networks that overlap each other: a sentence's name with its values for each pair."""
    return [
        ("own", {"one": str(one), "other": str(other)}) for one, other in combinations(own, 2) if _overlap(one, other)
    ]


def overlaps_with_nodes(own: Iterable[OwnNetwork], nodes: Iterable[NodeNetwork]) -> Iterator[Fault]:
    """Give the cluster's networks that overlap a node's, all nodes of a pair of networks together."""
    # A default route leads everywhere, and is no network that the node is in.
    beside = [node for node in nodes if node.network.prefixlen]
    for network in own:
        met: dict[Network, list[str]] = {}
        for node in beside:
            if _overlap(network, node):
                met.setdefault(node.network, []).append(node.node)
        for other, names in met.items():
            yield "node", {"one": str(network), "other": str(other), "nodes": sorted(set(names))}


def _overlap(one: OwnNetwork | NodeNetwork, other: OwnNetwork | NodeNetwork) -> bool:
    return one.network.version == other.network.version and one.network.overlaps(other.network)
