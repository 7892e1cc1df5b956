"""Inventories of whole sites, and snapshots of them that need no node: for requirements of clusters and sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from acp_acceptance.collect.site import cluster_facts
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.addresses import InterfaceAddress, Interfaces, Route
from acp_acceptance.model.mesh import Resolved
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.requirements import load_catalogue
from recorded import acquaint, healthy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from acp_acceptance.inventory import Inventory

TAKEN = "2026-11-21T00:00:00+00:00"


def site_file(folder: Path, nodes: Mapping[str, tuple[str, ...]], **site: Any) -> Path:
    """Write an inventory of nodes with these groups, at 192.0.2.1 and following addresses unless a group is one."""
    groups: dict[str, Any] = {}
    for number, (name, names) in enumerate(nodes.items(), start=1):
        variables: dict[str, Any] = {"ansible_host": f"192.0.2.{number}"}
        for group in names:
            groups.setdefault(group, {"hosts": {}})["hosts"][name] = variables
            variables = {}
    block = {"name": "site", "release": "4.2", "topology": "multi_cluster", "managed_clusters": 10, **site}
    block["parameters"] = {"platform_address": "acp.example.com", **block.get("parameters", {})}
    file = folder / "site.yml"
    file.write_text(yaml.safe_dump({"all": {"vars": {"acp": block}, "children": groups}}), encoding="utf-8")
    return file


def three_nodes(*more: str) -> dict[str, tuple[str, ...]]:
    """Give three control plane nodes, of which the first is the installer, and workers of these names."""
    first = {"cp-1": ("control_plane", "installer")}
    return {**first, "cp-2": ("control_plane",), "cp-3": ("control_plane",), **dict.fromkeys(more, ("worker",))}


def snapshot_of_site(file: Path, **facts: Any) -> Snapshot:
    """Give a snapshot of the site in a file: healthy nodes, and of its clusters what the inventory says and ``facts``."""
    inventory: Inventory = load_inventory(file, releases=list(load_catalogue().releases))
    snapshot = Snapshot(inventory.model_dump(mode="json"), TAKEN, "test")
    vips = {cluster.vip for cluster in inventory.site.clusters.values() if cluster.vip}
    domains = {address for item in inventory.site.clusters.values() if (address := item.parameters.platform_address)}
    nodes = [
        healthy(
            node.name,
            interfaces=Interfaces((InterfaceAddress("eth0", f"{node.address}/25"),), (Route("0.0.0.0/0", "eth0"),)),
            resolved=Resolved({domain.lower(): tuple(vips) for domain in domains}),
        )
        for node in inventory.nodes
    ]
    acquaint(nodes)
    snapshot.targets |= {("node", facts.target): facts for facts in nodes}
    for cluster in cluster_facts(inventory, {}):
        values = {name: cluster._values[name] for name in cluster.declared() if name in cluster._values}  # noqa: SLF001 - a copy with others
        snapshot.targets["cluster", cluster.target] = type(cluster)(cluster.target, {**values, **facts})
    return snapshot


def saved_site(folder: Path, file: Path, **facts: Any) -> Path:
    """Save such a snapshot, and give its folder."""
    path = folder / "snapshot"
    snapshot_of_site(file, **facts).save(path)
    return path
