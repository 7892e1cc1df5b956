"""The way from the standby's control plane nodes to the primary's etcd."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from acp_acceptance.inventory import Role
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.path import EtcdPath, Way, parse_ways
from acp_acceptance.model.text import is_address, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.collect.pair.subjects import Both
    from acp_acceptance.inventory import Cluster, Node

ETCD_PORT = 2379
_AT_ONCE = 8


def etcd_path(both: Both) -> dict[str, object]:
    """Have each control plane node of the standby try the primary's etcd."""
    places = list(dict.fromkeys(_places(both.primary.cluster)))
    if not places:
        name = both.primary.cluster.name
        unknown = f"the inventory does not say where the etcd of {name} is reached; write vip: or etcd_endpoints: there"
        return {"etcd_path": EtcdPath(unknown=unknown)}
    lines = [f"{number} {address} {port}\n" for number, (address, port) in enumerate(places)]
    names = [_name(address, port) for address, port in places]
    cluster = both.standby.cluster.name
    nodes = [
        node for node in both.standby.inventory.nodes if node.cluster == cluster and Role.CONTROL_PLANE in node.roles
    ]

    def tried(node: Node) -> dict[str, Way] | str:
        try:
            return parse_ways(both.standby.ask_node(node, "etcd_path", {"etcd_places": "".join(lines)}), names)
        except (CollectionError, OSError, ValueError) as error:
            return printable(str(error))

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="etcd-path") as pool:
        found = dict(zip((node.name for node in nodes), pool.map(tried, nodes), strict=True))
    return {
        "etcd_path": EtcdPath(
            {name: ways for name, ways in found.items() if isinstance(ways, dict)},
            {name: reason for name, reason in found.items() if isinstance(reason, str)},
        )
    }


def _places(primary: Cluster) -> Iterator[tuple[str, int]]:
    """Give where the synchroniser reaches the primary's etcd: directly where the inventory says so, else at its VIP."""
    for endpoint in primary.etcd_endpoints:
        parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        if parts.hostname:
            yield parts.hostname, parts.port or ETCD_PORT
    if not primary.etcd_endpoints and primary.vip:
        yield primary.vip.strip("[]"), ETCD_PORT


def _name(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address and is_address(address) else f"{address}:{port}"
