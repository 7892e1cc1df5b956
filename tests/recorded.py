"""Snapshots made of typed facts, for tests of what comes after collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.inventory import Topology, inventory_from_hosts
from acp_acceptance.model.access import Access, Contact, Sshd
from acp_acceptance.model.cluster import ClusterFacts, PlannedInstallation
from acp_acceptance.model.hardware import Cpu, Memory
from acp_acceptance.model.identity import Clock, Identity
from acp_acceptance.model.kernel import Boot, BootSource, Hugepages, Kernel, Modules, OperatingSystem, Swap
from acp_acceptance.model.mesh import Attempt, Reach
from acp_acceptance.model.network import Hostname, Listeners, Resolver
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.model.software import Packages
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.inventory import Inventory


def healthy(name: str, **changed: Any) -> NodeFacts:
    """Give the facts of a node that meets every requirement; ``changed`` replaces facts by name."""
    facts: dict[str, Any] = {
        "contact": Contact("answered", "", f"root@{name}", 0.1),
        "access": Access("root", "root", ""),
        "clock": Clock(0.0, 0.001),
        "os": OperatingSystem("rhel", "8.6", "Red Hat Enterprise Linux 8.6 (Ootpa)"),
        "kernel": Kernel("4.18.0-372.9.1.el8.x86_64", "x86_64"),
        "boot": Boot((BootSource("/etc/default/grub", ("quiet transparent_hugepage=never",)),)),
        "hugepages": Hugepages("never"),
        "modules": Modules(frozenset({"ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh"}), frozenset()),
        "swap": Swap((), ()),
        "cpu": Cpu(16, "Xeon"),
        "memory": Memory(32 * 2**30),
        "hostname": Hostname(name),
        "resolver": Resolver(exists=True, nameservers=("10.0.0.53",), search=(), stub=False),
        "listeners": Listeners(()),
        "sshd": Sshd({"usedns": "no", "usepam": "no"}, "sshd -T"),
        "identity": Identity(f"machine-{name}", None, frozenset()),
        "packages": Packages("rpm", {"bash": "5.0"}, ()),
    }
    return NodeFacts(name, {**facts, **changed})


def site_of(*names: str, release: str = "4.2", topology: str = "multi_cluster") -> Inventory:
    """Give the inventory of control plane nodes with these names."""
    return inventory_from_hosts(
        names,
        release=release,
        releases=list(load_catalogue().releases),
        role="control_plane",
        topology=Topology(topology),
    )


def snapshot_of(*nodes: NodeFacts, release: str = "4.2") -> Snapshot:
    """Give a snapshot of a site with these nodes."""
    inventory = site_of(*(facts.target for facts in nodes), release=release)
    snapshot = Snapshot(inventory.model_dump(mode="json"), "2026-11-21T00:00:00+00:00", "test")
    snapshot.targets = {("node", facts.target): facts for facts in nodes}
    for facts in nodes:
        if "reach" not in facts.problems():
            others = (other.target for other in nodes if other is not facts)
            facts.add("reach", Reach(tuple(Attempt(other, "tcp", 6443, "refused") for other in others)))
    for cluster in inventory.site.clusters:
        snapshot.targets["cluster", cluster] = ClusterFacts(cluster, {"planned": PlannedInstallation()})
    return snapshot


def saved(path: Path, *nodes: NodeFacts) -> Path:
    """Save a snapshot of these nodes, and give its folder."""
    folder = path / "snapshot"
    snapshot_of(*nodes).save(folder)
    return folder
