"""Where the platform is to answer: from the inventory and, where that is silent, from what the cluster says itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acp_acceptance.collect.knocking import HTTPS_PORT
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.inventory import Role
from acp_acceptance.model.platform import raw
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.inventory import Cluster, Inventory

HTTP_PORT = 80
API_PORT = 6443
REGISTRY_PORT = 11443
_CONTROL_PLANE_LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_PRODUCT_BASES = tuple(f"/apis/product.alauda.io/{version}/productbases/base" for version in ("v1alpha2", "v1alpha1"))


@dataclass(frozen=True)
class ControlPlaneNode:
    """A control plane node: its name, where this machine reaches it, and its own address within the cluster."""

    name: str
    address: str
    internal: str


@dataclass(frozen=True)
class Places:
    """The addresses of one platform.

    Attributes:
        access: at which people use it, and what each is.
        platform_address: the first of them; empty where nobody says it.
        unknown: what is not known of them, by what it is, and what to write.
        vip: the VIP; empty where there is none.
        external_ip: likewise.
        nodes: of the control plane.
        https_port, http_port: of the platform.
        http: whether HTTP is asked for.
        registry: whether the platform has a registry of its own; ``None`` where nobody says.
        certificate: ``own``, ``platform``, or empty where nobody says.
        single: the site is a single node, which needs no VIP.
    """

    access: Mapping[str, str]
    platform_address: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)
    vip: str = ""
    external_ip: str = ""
    nodes: tuple[ControlPlaneNode, ...] = ()
    https_port: int = HTTPS_PORT
    http_port: int = HTTP_PORT
    http: bool = False
    registry: bool | None = None
    certificate: str = ""
    single: bool = False

    @property
    def in_front(self) -> dict[str, str]:
        """Addresses that lead to all control plane nodes, and what each is."""
        return {address: what for address, what in ((self.vip, "VIP"), (self.external_ip, "External IP")) if address}


def places_of(inventory: Inventory, cluster: Cluster, api: Api) -> Places:
    """Gather the addresses of a cluster; what could not be learnt of them is said in ``unknown``."""
    planned, unknown = cluster.parameters, dict[str, str]()
    said = _said_by_cluster(api, unknown) if planned.platform_address is None else {}
    address = (planned.platform_address or said.get("address", "")).strip("[]")
    others = planned.other_platform_addresses
    access = {address: "platform address"} if address else {}
    for other in others if others is not None else said.get("others", ()):
        access.setdefault(other.strip("[]"), "other platform address")
    front = {cluster.vip: "VIP", cluster.external_ip: "External IP"}
    nodes = _control_plane(inventory, cluster, api, unknown)
    single = inventory.site.topology is not None and inventory.site.topology.value == "single_node"
    if not cluster.vip and not single:
        unknown["VIP"] = f"the inventory does not say the VIP of {cluster.name}; write vip: there"
    kind = planned.image_repository.kind
    return Places(
        access={**access, **{place: what for place, what in front.items() if place and place not in access}},
        platform_address=address,
        unknown=unknown,
        vip=cluster.vip or "",
        external_ip=cluster.external_ip or "",
        nodes=nodes,
        https_port=planned.https_port or said.get("port") or HTTPS_PORT,
        http_port=planned.http_port or HTTP_PORT,
        http=bool(planned.http_enabled),
        registry=None if kind is None else kind == "platform",
        certificate={"own": "own", "self_signed": "platform"}.get(planned.certificate.kind or "", ""),
        single=single,
    )


def _said_by_cluster(api: Api, unknown: dict[str, str]) -> dict[str, Any]:
    """Read the platform's addresses from ProductBase ``base`` (acp-resources)."""
    reason = ""
    for path in _PRODUCT_BASES:
        try:
            base = api.get(path)
        except ApiError as error:
            reason = reason or error.reason
            continue
        url = raw.text(base, "spec", "platformURL")
        host, port = _host_of(url)
        if host:
            others = (raw.text({"url": item}, "url") for item in raw.items(base, "spec", "alternativeURLs"))
            return {
                "address": host,
                "port": port,
                "others": [name for name in (_host_of(item)[0] for item in others) if name],
            }
        reason = f"ProductBase base has {url or 'nothing'} as platformURL"
    unknown["platform address"] = (
        f"the inventory does not say parameters.platform_address, and the cluster neither: {reason}"
    )
    return {}


def _host_of(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    return (host, port) if parts.scheme in {"http", "https"} else ("", None)


def _control_plane(
    inventory: Inventory, cluster: Cluster, api: Api, unknown: dict[str, str]
) -> tuple[ControlPlaneNode, ...]:
    """Give the control plane nodes: those of the inventory, and those that only the cluster knows."""
    internal: dict[str, str] = {}
    try:
        internal = dict(_named_by_cluster(api))
    except ApiError as error:
        unknown["nodes"] = f"the cluster's control plane nodes could not be listed: {error.reason}"
    planned = [node for node in inventory.nodes if node.cluster == cluster.name and Role.CONTROL_PLANE in node.roles]
    nodes = [
        ControlPlaneNode(node.name, node.address, internal.get(node.name) or _if_address(node.address))
        for node in planned
    ]
    known = {node.name for node in nodes} | {node.address for node in nodes}
    nodes += [ControlPlaneNode(name, own, own) for name, own in internal.items() if not known & {name, own}]
    if not nodes:
        unknown.setdefault("nodes", "neither the inventory nor the cluster names a control plane node")
    return tuple(nodes)


def _if_address(text: str) -> str:
    return text if is_address(text) else ""


def _named_by_cluster(api: Api) -> Iterator[tuple[str, str]]:
    for node in api.items("/api/v1/nodes"):
        labels = raw.mapping(node, "metadata", "labels")
        addresses = {
            raw.text(item, "type"): raw.text(item, "address")
            for item in reversed(raw.items(node, "status", "addresses"))
        }
        if any(label in labels for label in _CONTROL_PLANE_LABELS) and is_address(addresses.get("InternalIP", "")):
            yield raw.text(node, "metadata", "name"), addresses["InternalIP"]
