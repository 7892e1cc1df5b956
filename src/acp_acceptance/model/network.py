"""Names and sockets of a node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Hostname:
    """The host name.

    Attributes:
        name: in force, as the kernel has it.
        at_boot: the one a reboot sets; ``None`` where /etc/hostname is not there, and the network may give one.
    """

    name: str
    at_boot: str | None = None

    @property
    def names(self) -> list[str]:
        """The names now and after a reboot, once each."""
        return list(dict.fromkeys([self.name, *filter(None, [self.at_boot])]))


def parse_hostname(section: Section) -> Hostname:
    """Read the kernel's host name.

    Raises:
        CollectionError: it is empty.
    """
    name = section.text("hostname").strip("\n")
    if not name or name == "(none)":
        raise CollectionError("the host name is not set", kind="absent")
    lines = (line.strip() for line in (section.optional("at-boot") or "").splitlines())
    return Hostname(name, next((line for line in lines if line and not line.startswith("#")), None))


@dataclass(frozen=True)
class Resolver:
    """How the node resolves names.

    Attributes:
        exists: /etc/resolv.conf is there (a dangling link is not).
        nameservers: addresses in their order.
        search: domains of the ``search`` or ``domain`` line that counts, the last one.
    """

    exists: bool
    nameservers: tuple[str, ...]
    search: tuple[str, ...]


def parse_resolver(section: Section) -> Resolver:
    """Read /etc/resolv.conf.

    Raises:
        CollectionError: the file is there and cannot be read.
    """
    text = section.optional("resolv-conf")
    nameservers: list[str] = []
    search: list[str] = []
    for line in (text or "").splitlines():
        match line.partition("#")[0].partition(";")[0].split():
            case ["nameserver", address, *_]:
                nameservers.append(address)
            case ["search" | "domain", *domains]:
                search = domains
    return Resolver(text is not None, tuple(nameservers), tuple(search))


@dataclass(frozen=True)
class Listener:
    """A socket that holds a port.

    Attributes:
        protocol: ``tcp`` or ``udp``.
        address: local address; ``*`` for all.
        port: number.
        process: name and process id of the holder; empty where it is not known.
    """

    protocol: str
    address: str
    port: int
    process: str

    def __str__(self) -> str:
        return f"{self.protocol} {self.port}" + (f" ({self.process})" if self.process else "")


@dataclass(frozen=True)
class Listeners:
    """All listening sockets of a node."""

    sockets: tuple[Listener, ...]

    def holding(self, ports: Iterable[int], protocol: str = "tcp") -> tuple[str, ...]:
        """Give the holders of ``ports``, once each, ordered by port, as text for people."""
        wanted = set(ports)
        held = {(item.port, str(item)) for item in self.sockets if item.protocol == protocol and item.port in wanted}
        return tuple(text for _, text in sorted(held))


_SS_LINE = re.compile(r"^(tcp|udp)\s+(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s*(.*)$")
_SS_PROCESS = re.compile(r'\("([^"]+)",pid=(\d+)')
_PROC_NET_LISTENING = {"tcp": "0A", "udp": "07"}


def parse_listeners(section: Section) -> Listeners:
    """Read ``ss -lntup``, or the kernel's own tables where it is not installed or fails.

    Raises:
        CollectionError: neither can be read.
    """
    ss = section.parts.get("ss")
    if ss is not None and ss.status == 0:
        return Listeners(tuple(_from_ss(ss.text)))
    tables = section.named("net:")
    if "tcp" not in tables:
        raise CollectionError("neither ss nor /proc/net/tcp could be read")
    return Listeners(tuple(item for name, text in tables.items() for item in _from_proc(name[:3], text)))


def _from_ss(text: str) -> Iterable[Listener]:
    for line in text.splitlines():
        found = _SS_LINE.match(line.strip())
        if found:
            protocol, address, port, users = found.groups()
            holders = dict.fromkeys(f"{name}, pid {pid}" for name, pid in _SS_PROCESS.findall(users))
            yield Listener(protocol, address, int(port), "; ".join(holders))


def _from_proc(protocol: str, text: str) -> Iterable[Listener]:
    for line in text.splitlines()[1:]:
        _slot, local, _remote, state, *_ = line.split()
        if state == _PROC_NET_LISTENING[protocol]:
            yield Listener(protocol, "*", int(local.rpartition(":")[2], 16), "")
