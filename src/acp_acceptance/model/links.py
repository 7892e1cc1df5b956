"""The network interface that a node's default route leaves by, and how fast its link is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Links:
    """The link of the default route.

    Attributes:
        interface: its name; a bond's own where the route leaves by one.
        speed: Mbit/s; ``None`` where the interface does not know (many virtual ones do not).
        mtu: bytes; ``None`` where it cannot be read.
        state: ``up``, ``down``, ``unknown`` ...; empty where it cannot be read.
    """

    interface: str
    speed: int | None
    mtu: int | None
    state: str


def parse_links(section: Section) -> Links:
    """Find the interface of the default route in the kernel's tables, and read its attributes of /sys/class/net.

    Raises:
        CollectionError: there is no default route, or nothing of its interface can be read.
    """
    routes = [*_default_routes(section, "route"), *_default_routes6(section)]
    if not routes:
        raise CollectionError("there is no default route, so its link is not known", kind="absent")
    _, interface = min(routes)
    read = section.parts.get("attributes")
    found: dict[str, str] = {}
    for line in read.text.splitlines() if read else ():
        path, _, value = line.partition(":")
        match path.split("/"):
            case ["", "sys", "class", "net", name, attribute] if name == interface:
                found[attribute] = value.strip()
    if not found:
        raise CollectionError(f"nothing of /sys/class/net/{interface} could be read")
    return Links(interface, _positive(found.get("speed")), _positive(found.get("mtu")), found.get("operstate", ""))


def _default_routes(section: Section, part: str) -> Iterator[tuple[int, str]]:
    """Give metric and interface of the IPv4 default routes."""
    for line in (section.optional(part) or "").splitlines()[1:]:
        match line.split():
            case [interface, "00000000", _gateway, _flags, _references, _use, metric, "00000000", *_]:
                yield int(metric), interface


def _default_routes6(section: Section) -> Iterator[tuple[int, str]]:
    """Give them of IPv6; the kernel's own route to nowhere is on the loopback interface."""
    for line in (section.optional("route6") or "").splitlines():
        match line.split():
            case [destination, "00", _, _, _, metric, *_, interface] if not destination.strip("0"):
                if interface != "lo":
                    yield int(metric, 16), interface


def _positive(text: str | None) -> int | None:
    """Read a number of /sys; -1, and what is none, is "not known"."""
    return int(text) if text and text.isascii() and text.isdigit() and int(text) else None
