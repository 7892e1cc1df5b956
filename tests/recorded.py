"""Snapshots made of typed facts, for tests of what comes after collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.active import NOT_ASKED
from acp_acceptance.collect.looked_for import looked_for
from acp_acceptance.inventory import Topology, inventory_from_hosts
from acp_acceptance.model.access import Access, Contact, Sshd
from acp_acceptance.model.addresses import Hosts, InterfaceAddress, Interfaces, Route
from acp_acceptance.model.boot import Boot, BootSource, Hugepages, Modules, Swap
from acp_acceptance.model.cluster import ClusterFacts, PlannedInstallation
from acp_acceptance.model.hardware import Cpu, Frequency, Memory, Overcommit
from acp_acceptance.model.identity import Clock, Identity, TimeZone
from acp_acceptance.model.kernel import Kernel, OperatingSystem
from acp_acceptance.model.links import Links
from acp_acceptance.model.mesh import Reach, Resolved, Way, Ways
from acp_acceptance.model.network import Hostname, Listeners, Resolver
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.package import Package, PackageProof
from acp_acceptance.model.security import Firewall, Security
from acp_acceptance.model.services import UNITS, Services, TasksMax, Unit
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.model.software import Binaries, EncryptionFile, Kubernetes, Packages, Paths, Programs
from acp_acceptance.model.storage import FileSystem, FileSystems, Mounts
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from acp_acceptance.inventory import Inventory


_MODULES = frozenset({"ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "geneve", "openvswitch"})


def healthy(name: str, **changed: Any) -> NodeFacts:
    """Give the facts of a node that meets every requirement; ``changed`` replaces facts by name."""
    asked = {key: words.split() for key, words in looked_for(load_catalogue(), site_of(name)).items()}
    root = FileSystem("/dev/mapper/rl-root", "/", 900 * 10**9, 20 * 10**9)
    facts: dict[str, Any] = {
        "contact": Contact("answered", "", f"root@{name}", 0.1),
        "access": Access("root", "root", "", "10.0.0.5"),
        "clock": Clock(0.0, 0.001),
        "os": OperatingSystem("rhel", "8.6", "Red Hat Enterprise Linux 8.6 (Ootpa)"),
        "kernel": Kernel("4.18.0-372.9.1.el8.x86_64", "x86_64"),
        "boot": Boot((BootSource("/etc/default/grub", ("quiet transparent_hugepage=never",)),)),
        "hugepages": Hugepages("never"),
        "modules": Modules(_MODULES, frozenset(), _MODULES),
        "swap": Swap((), ()),
        "cpu": Cpu(16, "Xeon"),
        "memory": Memory(32 * 2**30),
        "hostname": Hostname(name),
        "resolver": Resolver(exists=True, nameservers=("10.0.0.53",), search=()),
        "listeners": Listeners(()),
        "sshd": Sshd({"usedns": "no", "usepam": "no"}, "sshd -T"),
        "identity": Identity(f"machine-{name}", None, frozenset()),
        "packages": Packages("rpm", {"bash": "5.0", "kernel-core": "4.18.0-372.9.1.el8"}, ()),
        "security": Security("disabled", "disabled", apparmor=False, profiles=None),
        "firewall": Firewall(()),
        "services": Services({unit: Unit(active=False, at_boot=False) for unit in UNITS}),
        "tasks": TasksMax(None),
        "frequency": Frequency(("performance",), 2.6, "processor's name"),
        "overcommit": Overcommit(0.0, 0),
        "mounts": Mounts({"/": ("rw",)}),
        "filesystems": FileSystems(dict.fromkeys(asked["folders"], "/"), {"/": root}, ()),
        "hosts": Hosts({"localhost": ("127.0.0.1",)}),
        "interfaces": Interfaces((InterfaceAddress("eth0", "10.0.0.5/24"),), (Route("0.0.0.0/0", "eth0"),)),
        "timezone": TimeZone("Etc/UTC", "UTC0"),
        "programs": Programs({program: f"/usr/bin/{program}" for program in asked["programs"]}),
        "binaries": Binaries(dict.fromkeys(asked["binary_folders"], ())),
        "paths": Paths(dict.fromkeys(asked["paths"])),
        "encryption": EncryptionFile(present=False),
        "kubernetes": Kubernetes(()),
        "resolved": Resolved({}),
        "package": Package((), None, unpacked=False, extensions=()),
        "package_proof": PackageProof(None, ""),
        "links": Links("eth0", 10000, 1500, "up"),
        **dict.fromkeys(("disk_rates", "sync_writes", "throughput"), NOT_ASKED),
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


def acquaint(nodes: Sequence[NodeFacts]) -> None:
    """Let nodes have measured that the way between them is open and short."""
    for facts in nodes:
        others = [other.target for other in nodes if other is not facts]
        if others and "reach" not in facts.problems():
            reach = Reach({other: {"refused": ("tcp/6443",)} for other in others}, len(others))
            ways = tuple(Way(other, 0.2, 1500, passes=True, scope="cluster_and_network") for other in others)
            facts.add({"reach": reach, "ways": Ways(ways)})


def snapshot_of(*nodes: NodeFacts, release: str = "4.2") -> Snapshot:
    """Give a snapshot of a site with these nodes."""
    inventory = site_of(*(facts.target for facts in nodes), release=release)
    snapshot = Snapshot(inventory.model_dump(mode="json"), "2026-11-21T00:00:00+00:00", "test")
    snapshot.targets = {("node", facts.target): facts for facts in nodes}
    acquaint(nodes)
    for cluster in inventory.site.clusters:
        snapshot.targets["cluster", cluster] = ClusterFacts(cluster, {"planned": PlannedInstallation()})
    return snapshot


def saved(path: Path, *nodes: NodeFacts) -> Path:
    """Save a snapshot of these nodes, and give its folder."""
    folder = path / "snapshot"
    snapshot_of(*nodes).save(folder)
    return folder
