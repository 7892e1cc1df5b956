"""Looking at a VIP from this machine: its ports, the certificate for the domain, and etcd's own certificate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from acp_acceptance.collect.certificates import served_certificate
from acp_acceptance.collect.knocking import HTTPS_PORT, VIP_PORTS, knock
from acp_acceptance.collect.platform.asking import shake_hands
from acp_acceptance.inventory import Role
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.front import Front, Served
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.collect.pair.subjects import Side

HTTP_PORT, ETCD_PORT = 80, 2379
_PORTS = (HTTP_PORT, HTTPS_PORT, *VIP_PORTS, ETCD_PORT)
_AT_ONCE = 8


def front(side: Side) -> dict[str, object]:
    """Look at a side's VIP; that needs no API, and may say why that does not answer.

    Raises:
        CollectionError: the inventory names no VIP.
    """
    vip = side.cluster.vip
    if not vip:
        raise CollectionError(
            f"the inventory does not say the VIP of {side.cluster.name}; write vip: there", kind="unsaid"
        )
    https = side.cluster.parameters.https_port or HTTPS_PORT
    view = knock({vip: [(vip, port) for port in dict.fromkeys((*_PORTS, https))]}, listen=0)[vip]
    ports = {str(item.port): item.state for item in view.knocks}
    nodes = dict(_control_plane(side))
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="front") as pool:
        domain = pool.submit(_served, side, vip, https, side.domain)
        etcd = pool.submit(_served, side, vip, ETCD_PORT, "") if ports[str(ETCD_PORT)] == "open" else None
        asked = {name: pool.submit(_served, side, address, ETCD_PORT, "") for name, address in nodes.items()}
    served = {name: answer.result().content for name, answer in asked.items()}
    return {
        "front": Front(
            vip,
            ports,
            domain.result(),
            etcd.result() if etcd else Served(failure="nothing answers there"),
            {name: content.fingerprint for name, content in served.items() if content and content.fingerprint},
            tuple(_addresses(side)),
        )
    }


def _served(side: Side, address: str, port: int, name: str) -> Served:
    shaken = shake_hands(address, port, side.deadline, name)
    if shaken.failure:
        return Served(failure=shaken.failure)
    return Served(served_certificate(list(shaken.chain)))


def _control_plane(side: Side) -> Iterator[tuple[str, str]]:
    for node in side.inventory.nodes:
        if node.cluster == side.cluster.name and Role.CONTROL_PLANE in node.roles:
            yield node.name, node.address


def _addresses(side: Side) -> Iterator[str]:
    if side.platform.is_measured(PlatformFacts.nodes):
        for node in side.platform.nodes.items.values():
            yield from filter(is_address, node.addresses)
