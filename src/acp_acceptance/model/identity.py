"""What must be a node's own, and how its clock stands to the runner's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
