"""All facts of a node, by the name of the probe's section that holds them."""

from __future__ import annotations

from acp_acceptance.model.access import Access, Contact, Sshd, parse_sshd
from acp_acceptance.model.addresses import Hosts, Interfaces, parse_hosts, parse_interfaces
from acp_acceptance.model.boot import (
    Boot,
    Hugepages,
    Modules,
    Swap,
    parse_boot,
    parse_hugepages,
    parse_modules,
    parse_swap,
)
from acp_acceptance.model.hardware import (
    Cpu,
    Frequency,
    Memory,
    Overcommit,
    parse_cpu,
    parse_frequency,
    parse_memory,
    parse_overcommit,
)
from acp_acceptance.model.identity import Clock, Identity, TimeZone, parse_identity, parse_timezone
from acp_acceptance.model.kernel import Kernel, OperatingSystem, parse_kernel, parse_os
from acp_acceptance.model.links import Links, parse_links
from acp_acceptance.model.load import DiskRates, SyncWrites
from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.mesh import Reach, Resolved, Ways, parse_reach, parse_resolved, parse_ways
from acp_acceptance.model.network import Hostname, Listeners, Resolver, parse_hostname, parse_listeners, parse_resolver
from acp_acceptance.model.package import Package, PackageProof, parse_package, parse_package_proof
from acp_acceptance.model.security import Firewall, Security, parse_firewall, parse_security
from acp_acceptance.model.services import Services, TasksMax, parse_services, parse_tasks
from acp_acceptance.model.software import (
    Binaries,
    EncryptionFile,
    Kubernetes,
    Packages,
    Paths,
    Programs,
    parse_binaries,
    parse_encryption,
    parse_kubernetes,
    parse_packages,
    parse_paths,
    parse_programs,
)
from acp_acceptance.model.storage import FileSystems, Mounts, parse_filesystems, parse_mounts
from acp_acceptance.model.throughput import Throughput


class NodeFacts(Facts):
    """What was observed of one node; see :class:`~acp_acceptance.model.measurement.Fact` for how facts are read."""

    contact = Fact(Contact)
    access = Fact(Access)
    clock = Fact(Clock)

    os = Fact(OperatingSystem, parse_os)
    kernel = Fact(Kernel, parse_kernel)
    boot = Fact(Boot, parse_boot)
    hugepages = Fact(Hugepages, parse_hugepages)
    modules = Fact(Modules, parse_modules)
    swap = Fact(Swap, parse_swap)
    security = Fact(Security, parse_security)
    firewall = Fact(Firewall, parse_firewall)
    services = Fact(Services, parse_services)
    tasks = Fact(TasksMax, parse_tasks)
    cpu = Fact(Cpu, parse_cpu)
    frequency = Fact(Frequency, parse_frequency)
    memory = Fact(Memory, parse_memory)
    overcommit = Fact(Overcommit, parse_overcommit)
    mounts = Fact(Mounts, parse_mounts)
    filesystems = Fact(FileSystems, parse_filesystems)
    hostname = Fact(Hostname, parse_hostname)
    hosts = Fact(Hosts, parse_hosts)
    interfaces = Fact(Interfaces, parse_interfaces)
    resolver = Fact(Resolver, parse_resolver)
    listeners = Fact(Listeners, parse_listeners)
    sshd = Fact(Sshd, parse_sshd)
    identity = Fact(Identity, parse_identity)
    timezone = Fact(TimeZone, parse_timezone)
    packages = Fact(Packages, parse_packages)
    programs = Fact(Programs, parse_programs)
    binaries = Fact(Binaries, parse_binaries)
    paths = Fact(Paths, parse_paths)
    encryption = Fact(EncryptionFile, parse_encryption)
    kubernetes = Fact(Kubernetes, parse_kubernetes)
    package = Fact(Package, parse_package)
    package_proof = Fact(PackageProof, parse_package_proof)
    links = Fact(Links, parse_links)

    # Measured in the second round trip.
    reach = Fact(Reach, parse_reach)
    ways = Fact(Ways, parse_ways)
    resolved = Fact(Resolved, parse_resolved)

    # Measured by loading the node, where that is allowed.
    disk_rates = Fact(DiskRates)
    sync_writes = Fact(SyncWrites)
    throughput = Fact(Throughput)
