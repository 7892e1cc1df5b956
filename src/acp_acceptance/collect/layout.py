"""The inventory's plan of a cluster as a fact: nothing is connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.inventory.nodes import Role
from acp_acceptance.model.layout import ClusterLayout, PlannedNetworks, PlannedNode, PlannedPackage

if TYPE_CHECKING:
    from acp_acceptance.inventory import Cluster, Inventory, Node


def layout_of(inventory: Inventory, cluster: Cluster) -> ClusterLayout:
    """Give what the inventory plans of one of its clusters."""
    site, asked = inventory.site, cluster.parameters
    package = site.package
    return ClusterLayout(
        nodes=tuple(_planned(node) for node in inventory.nodes if node.cluster == cluster.name),
        networks=PlannedNetworks(site.networks.pods, site.networks.services, site.networks.join),
        package=PlannedPackage(
            package.folder, package.file, package.architecture, package.checksum, package.signature, package.keyring
        ),
        vip=cluster.vip,
        external_ip=cluster.external_ip,
        cluster_endpoint=asked.cluster_endpoint,
        platform_address=asked.platform_address,
        self_built_vip=bool(asked.self_built_vip.enabled),
        vrid=asked.self_built_vip.vrid,
        workload_clusters_elsewhere=bool(site.workload_clusters_in_other_networks),
    )


def _planned(node: Node) -> PlannedNode:
    return PlannedNode(
        name=node.name,
        address=node.address,
        control_plane=Role.CONTROL_PLANE in node.roles,
        worker=Role.WORKER in node.roles,
        installer=node.installer,
    )
