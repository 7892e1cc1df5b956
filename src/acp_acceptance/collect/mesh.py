"""What each node tries of its peers in the second round trip."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from acp_acceptance.inventory import Role
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.mesh import Attempt, Reach
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.values import choose

if TYPE_CHECKING:
    from acp_acceptance.inventory import Inventory, Node
    from acp_acceptance.model.node import NodeFacts

FULL_MESH = 20
"""Nodes of a cluster up to which each tries all others."""

_CONTROL_PLANE_PEERS = 5
_REQUIREMENT = "preflight.between.node-firewall"


def peers_of(node: Node, inventory: Inventory) -> list[Node]:
    """Give whom a node tries: all of its cluster, or a ring at distances 1, 2, 4 ... and control plane nodes."""
    cluster = [other for other in inventory.nodes if other.cluster == node.cluster]
    own = next(number for number, other in enumerate(cluster) if other.name == node.name)
    if len(cluster) <= FULL_MESH:
        return [other for other in cluster if other.name != node.name]
    distances = [2**power for power in range(len(cluster).bit_length()) if 2**power < len(cluster)]
    ring = [cluster[(own + distance) % len(cluster)] for distance in distances]
    control_plane = [other for other in cluster if Role.CONTROL_PLANE in other.roles][:_CONTROL_PLANE_PEERS]
    return list({other.name: other for other in (*ring, *control_plane) if other.name != node.name}.values())


def address_of(node: Node) -> str | None:
    """Give the address at which peers try a node, resolved here where it is a name; ``None`` where it does not."""
    try:
        return str(socket.getaddrinfo(node.address, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return None


def tries_of(node: Node, inventory: Inventory) -> tuple[str, list[str], list[Attempt]]:
    """Give the lines a node is sent, its peers by their numbers there, and what cannot be tried at all."""
    lines, names, untried = [], [], []
    for number, peer in enumerate(peers_of(node, inventory)):
        names.append(peer.name)
        address = address_of(peer)
        for protocol, port in _ports_of(peer, inventory):
            if address is None:
                untried.append(Attempt(peer.name, protocol, port, "unknown"))
            else:
                lines.append(f"{number} {address} {protocol} {port}\n")
    return "".join(lines), names, untried


def _ports_of(peer: Node, inventory: Inventory) -> list[tuple[str, int]]:
    values = load_catalogue().releases[inventory.site.release].requirements[_REQUIREMENT]
    dimensions = {
        "cni": lambda: inventory.site.cni.value,
        "role": lambda: frozenset(role.value for role in peer.roles),
    }
    chosen = choose(values, dimensions)
    return [(protocol, int(port)) for protocol in ("tcp", "udp") for port in chosen[protocol]]


def named(found: NodeFacts, peers: list[str], untried: list[Attempt]) -> Reach | Problem:
    """Put the peers' names in the place of their numbers."""
    problem = found.problems().get("reach")
    if problem is not None:
        return problem
    try:
        tried = [replace(item, peer=peers[int(item.peer)]) for item in found.reach.attempts]
    except (ValueError, IndexError):
        return Problem("unparsable", "the node named a peer that it was not told of")
    return Reach((*tried, *untried))
