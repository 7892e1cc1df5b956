"""What must be a node's own, and how its clock stands to the runner's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Identity:
    """Identities that no two nodes may share.

    Attributes:
        machine_id: of /etc/machine-id; ``None`` where there is none.
        product_uuid: of the firmware; ``None`` where there is none or it is a maker's filler.
        mac_addresses: of the node's own interfaces, lower case, without those that container software makes.
    """

    machine_id: str | None
    product_uuid: str | None
    mac_addresses: frozenset[str]


_FILLER_UUIDS = {"03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc"}
_MADE_INTERFACES = re.compile(r"(lo|docker|br-|virbr|veth|cali|tunl|kube-|nodelocaldns|flannel|cni|dummy|ovn|genev)")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


def parse_identity(section: Section) -> Identity:
    """Read machine-id, the firmware's product UUID and hardware addresses.

    Raises:
        CollectionError: one of them is there and cannot be read.
    """
    uuid = (section.optional("product-uuid") or "").strip().lower()
    if uuid in _FILLER_UUIDS or len(set(uuid) - {"-"}) <= 1:
        uuid = ""
    addresses = (
        text.strip().lower() for name, text in section.named("mac:").items() if not _MADE_INTERFACES.match(name)
    )
    return Identity(
        (section.optional("machine-id") or "").strip() or None,
        uuid or None,
        frozenset(address for address in addresses if _MAC.fullmatch(address) and set(address) != {"0", ":"}),
    )


@dataclass(frozen=True)
class Clock:
    """A node's clock against the runner's.

    Attributes:
        offset: seconds the node is ahead (negative: behind).
        error: the offset is right within so many seconds.
    """

    offset: float
    error: float


@dataclass(frozen=True)
class TimeZone:
    """A node's time zone.

    Attributes:
        name: of the zone (``Europe/Moscow``); empty where /etc/localtime is a copy, or is not there (UTC).
        rule: the zone's rule for times to come (``MSK-3``), by which two names of one zone are the same; the offset in
            force where the file gives none.
    """

    name: str
    rule: str

    def __str__(self) -> str:
        return self.name or self.rule


def parse_timezone(section: Section) -> TimeZone:
    """Read where /etc/localtime leads, its last line, and the offset in force.

    Raises:
        CollectionError: not even the offset can be read.
    """
    target = section.parts["localtime"].text.strip() if "localtime" in section.parts else ""
    _, found, name = target.partition("/zoneinfo/")
    rule = section.parts["rule"].text.strip() if "rule" in section.parts else ""
    if not _ZONE_RULE.fullmatch(rule):
        # Without the file it is UTC, whose rule other nodes have in theirs.
        rule = section.text("now").strip().replace("UTC +0000", "UTC0")
    if not rule:
        raise CollectionError("date does not say the time zone's offset", kind="unparsable")
    return TimeZone(name if found else "", rule)


_ZONE_RULE = re.compile(r"[A-Za-z<][\w<>+,./:-]{2,60}")
