"""Addresses and routes of a node, and its own list of hosts."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.sections import Section

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FAMILIES = {"ipv4": (4,), "ipv6": (6,), "dual_stack": (4, 6)}


@dataclass(frozen=True)
class InterfaceAddress:
    """An address of an interface.

    Attributes:
        interface: its name.
        address: with the length of its prefix (``10.0.0.5/24``).
    """

    interface: str
    address: str

    @property
    def value(self) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
        """The address for calculations."""
        return ipaddress.ip_interface(self.address)


@dataclass(frozen=True)
class Route:
    """A route of the main table.

    Attributes:
        destination: a network, ``0.0.0.0/0`` and ``::/0`` for the default route.
        interface: where it leads; empty where it leads nowhere.
    """

    destination: str
    interface: str


_MADE_BY_CONTAINERS = re.compile(r"(docker|nerdctl|cni|br-|virbr|veth)")


@dataclass(frozen=True)
class Interfaces:
    """All addresses and routes of a node.

    Attributes:
        addresses: of all interfaces, the loopback's too.
        routes: of the main tables of both families.
    """

    addresses: tuple[InterfaceAddress, ...]
    routes: tuple[Route, ...]

    def has(self, address: str) -> bool:
        """Tell whether an interface has the address."""
        wanted = ipaddress.ip_address(address)
        return any(item.value.ip == wanted for item in self.addresses)

    def known_by(self, name: str, arrived_at: str) -> str:
        """Give the address that a node is known by.

        Args:
            name: the inventory's address, or a name in its place.
            arrived_at: where the SSH connection ended on the node; empty where there was none.

        Raises:
            CollectionError: neither is an address.
        """
        try:
            return str(ipaddress.ip_address(name.strip("[]")))
        except ValueError:
            if arrived_at:
                return arrived_at
        raise CollectionError(f"{name} is no address, and there was no SSH connection that shows one", kind="unclear")

    def without_default_route(self, ip_family: str) -> list[str]:
        """Give the families (``IPv4``) of the cluster's network protocol that have no default route."""
        have = {ipaddress.ip_network(route.destination).version for route in self.routes if _is_default(route)}
        return [f"IPv{version}" for version in _FAMILIES[ip_family] if version not in have]

    def global_addresses(self, *versions: int) -> list[str]:
        """Give addresses of families (4, 6; both unless said) that are neither loopback nor link-local."""
        values = (item.value.ip for item in self.addresses)
        wanted = versions or (4, 6)
        return [str(ip) for ip in values if ip.version in wanted and not (ip.is_loopback or ip.is_link_local)]

    def within(self, first: str, last: str) -> list[str]:
        """Give addresses and routes that touch a range; interfaces that container software made are left out."""
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return [
            f"{network} ({interface})"
            for interface, network in self._networks()
            if network.version == low.version
            and int(network.network_address) <= int(high)
            and int(network.broadcast_address) >= int(low)
        ]

    def networks(self) -> list[tuple[str, Network]]:
        """Give the networks that the node is in or has a route to, without defaults and its loopback, by interface."""
        return list(dict.fromkeys(self._networks()))

    def _networks(self) -> Iterator[tuple[str, Network]]:
        for item in self.addresses:
            if item.interface != "lo" and not _MADE_BY_CONTAINERS.match(item.interface):
                yield item.interface, item.value.network
        for route in self.routes:
            if not _is_default(route) and not _MADE_BY_CONTAINERS.match(route.interface):
                yield route.interface, ipaddress.ip_network(route.destination)


def _is_default(route: Route) -> bool:
    return route.destination in {"0.0.0.0/0", "::/0"}


def unusable(address: str) -> str:
    """Say why an address cannot be a node's (``loopback``); empty where it can."""
    ip = ipaddress.ip_address(address)
    kinds = {
        "loopback": ip.is_loopback,
        "multicast": ip.is_multicast,
        "link-local": ip.is_link_local,
        "all-zero": ip.is_unspecified,
        "broadcast": str(ip) == "255.255.255.255",
    }
    return next((kind for kind, is_one in kinds.items() if is_one), "")


_ADDRESS = re.compile(r"^\d+:\s+(?P<interface>\S+?)(?:@\S+)?\s+inet6?\s+(?P<address>\S+)")
_NOWHERE = {"unreachable", "blackhole", "prohibit", "throw"}
_KINDS = {*_NOWHERE, "broadcast", "local", "multicast", "anycast", "unicast"}


def parse_interfaces(section: Section) -> Interfaces:
    """Read ``ip -o address``, ``ip route`` and ``ip -6 route``.

    Raises:
        CollectionError: ip is not there or fails.
    """
    addresses = []
    for line in section.lines("addresses"):
        found = _ADDRESS.match(line)
        if found:
            # A peer's address without a prefix ("inet 10.0.0.1 peer 10.0.0.2/32") is one host.
            addresses.append(InterfaceAddress(found["interface"], str(ipaddress.ip_interface(found["address"]))))
    if not addresses:
        raise CollectionError("ip shows no address at all, not even the loopback's", kind="unparsable")
    routes = [*_routes(section.lines("routes"), "0.0.0.0/0"), *_routes(_routes6(section), "::/0")]
    return Interfaces(tuple(addresses), tuple(routes))


def _routes6(section: Section) -> list[str]:
    part = section.parts.get("routes6")
    # A kernel without IPv6 has no such table, and ip fails.
    return [] if part is not None and part.status not in {0, None} else section.lines("routes6")


def _routes(lines: Iterable[str], default: str) -> Iterator[Route]:
    for line in lines:
        words = line.split()
        kind = words.pop(0) if words[0] in _KINDS else ""
        # RHEL 7 shows the kernel's own default of IPv6, which leads nowhere.
        if not words or words[0].startswith("nexthop") or (kind in _NOWHERE and words[0] == "default"):
            continue
        destination = default if words[0] == "default" else words[0]
        try:
            network = ipaddress.ip_network(destination, strict=False)
        except ValueError:
            continue
        interface = words[words.index("dev") + 1] if "dev" in words[:-1] else ""
        yield Route(str(network), interface)


@dataclass(frozen=True)
class Hosts:
    """Names in /etc/hosts.

    Attributes:
        addresses: name to the addresses it stands beside, in the file's order.
    """

    addresses: dict[str, tuple[str, ...]]

    def ipv4_of(self, name: str) -> tuple[str, ...]:
        """Give the IPv4 addresses of a name."""
        return tuple(address for address in self.addresses.get(name, ()) if ":" not in address)


def parse_hosts(section: Section) -> Hosts:
    """Read /etc/hosts; a file that is not there has no names.

    Raises:
        CollectionError: it is there and cannot be read.
    """
    names: dict[str, tuple[str, ...]] = {}
    for line in (section.optional("hosts") or "").splitlines():
        address, *others = [*line.partition("#")[0].split(), ""]
        for name in filter(None, others):
            names[name.lower()] = (*names.get(name.lower(), ()), address)
    return Hosts(names)
