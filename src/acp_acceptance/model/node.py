"""All facts of a node, by the name of the probe's section that holds them."""

from __future__ import annotations

from acp_acceptance.model.access import Access, Contact, Sshd, parse_sshd
from acp_acceptance.model.hardware import Cpu, Memory, parse_cpu, parse_memory
from acp_acceptance.model.identity import Clock, Identity, parse_identity
from acp_acceptance.model.kernel import (
    Boot,
    Hugepages,
    Kernel,
    Modules,
    OperatingSystem,
    Swap,
    parse_boot,
    parse_hugepages,
    parse_kernel,
    parse_modules,
    parse_os,
    parse_swap,
)
from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.mesh import Reach, parse_reach
from acp_acceptance.model.network import Hostname, Listeners, Resolver, parse_hostname, parse_listeners, parse_resolver
from acp_acceptance.model.software import Packages, parse_packages


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
    cpu = Fact(Cpu, parse_cpu)
    memory = Fact(Memory, parse_memory)
    hostname = Fact(Hostname, parse_hostname)
    resolver = Fact(Resolver, parse_resolver)
    listeners = Fact(Listeners, parse_listeners)
    sshd = Fact(Sshd, parse_sshd)
    identity = Fact(Identity, parse_identity)
    packages = Fact(Packages, parse_packages)
    reach = Fact(Reach, parse_reach)
