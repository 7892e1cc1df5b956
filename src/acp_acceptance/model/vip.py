"""The VIP as it is planned, and what was seen at its address."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from acp_acceptance.model.cluster import same_address
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.layout import ClusterLayout
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.overlap import Interface
    from acp_acceptance.model.runner_view import RunnerView


def misplanned(layout: ClusterLayout, vrids: Sequence[int], *, node_allowed: bool) -> Iterator[Fault]:
    """Give what is wrong with the VIP by the inventory alone.

    Args:
        layout: the cluster.
        vrids: the lowest and the highest VRRP router id.
        node_allowed: the address of a node may stand for it (a single node).
    """
    if layout.vip is None:
        yield "unnamed", {}
    if layout.workload_clusters_elsewhere and layout.external_ip is None:
        yield "external_unnamed", {}
    if layout.vip and not node_allowed:
        owners = [node.name for node in layout.nodes if same_address(node.address, layout.vip)]
        if owners:
            yield "of_node", {"vip": layout.vip, "nodes": owners}
    lowest, highest = vrids
    if layout.self_built_vip and layout.vrid is not None and not lowest <= layout.vrid <= highest:
        yield "vrid", {"vrid": layout.vrid}


def held(
    layout: ClusterLayout, interfaces: Mapping[str, Sequence[Interface]], *, node_allowed: bool
) -> Iterator[Fault]:
    """Give the nodes on whose interfaces the VIP already is, beyond those that the inventory names by it."""
    if layout.vip and not node_allowed:
        vip = ip_address(layout.vip)
        named = {node.name for node in layout.nodes if same_address(node.address, layout.vip)}
        owners = [name for name, own in interfaces.items() if name not in named and vip in {item.ip for item in own}]
        if owners:
            yield "of_node", {"vip": layout.vip, "nodes": owners}


def occupied(layout: ClusterLayout, view: RunnerView, *, node_allowed: bool) -> Iterator[Fault]:
    """Give what answers at the VIP and is no load balancer: an SSH server says so itself, on any port.

    Raises:
        CollectionError: nothing was learnt of the address.
    """
    if layout.vip and not node_allowed:
        for knock in view.at(layout.vip):
            if knock.said.startswith("SSH-"):
                yield "ssh", {"vip": layout.vip, "port": knock.port, "said": knock.said}


def outside_subnet(layout: ClusterLayout, interfaces: Mapping[str, Sequence[Interface]]) -> Iterator[Fault]:
    """Give the control plane nodes without an interface in the self-built VIP's subnet.

    Args:
        layout: the cluster.
        interfaces: addresses with their prefix lengths, by node.

    Raises:
        CollectionError: those of a control plane node are not known.
    """
    if not (layout.self_built_vip and layout.vip):
        return
    vip = ip_address(layout.vip)
    for name in layout.control_plane:
        if name not in interfaces:
            raise CollectionError(
                f"whether {name} is in the VIP's subnet is not known: its interfaces were not measured",
                kind="not-collected",
            )
        if not any(vip in item.network for item in interfaces[name]):
            yield (
                "subnet",
                {"node": name, "vip": layout.vip, "networks": [str(item.network) for item in interfaces[name]]},
            )


def require_vrid(layout: ClusterLayout) -> None:
    """Make sure that the VRID of a self-built VIP is said.

    Raises:
        CollectionError: it is not.
    """
    if layout.self_built_vip and layout.vrid is None:
        raise CollectionError("the inventory does not say parameters.self_built_vip.vrid", kind="unsaid")


def forbidden_self_built(layout: ClusterLayout, forbids: Sequence[str]) -> Iterator[Fault]:
    """Give what a self-built VIP does not go with.

    Args:
        layout: the cluster, which has one.
        forbids: ``recovery`` (it is one of a disaster recovery pair) and ``domain`` (a domain as address).
    """
    if "recovery" in forbids:
        yield "recovery", {}
    if "domain" in forbids:
        planned = {"cluster_endpoint": layout.cluster_endpoint, "platform_address": layout.platform_address}
        for name, address in planned.items():
            if address and not is_address(address.strip("[]")):
                yield "domain", {"name": name, "address": address}


def known_interfaces(nodes: Mapping[str, NodeFacts]) -> dict[str, list[Interface]]:
    """Give the addresses with prefix lengths of the nodes where they were measured."""
    return {
        name: [item.value for item in facts.interfaces.addresses if item.interface != "lo"]
        for name, facts in nodes.items()
        if facts.is_measured(type(facts).interfaces)
    }
