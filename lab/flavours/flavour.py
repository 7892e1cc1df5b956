"""What a flavour is, and the words that their data is made of."""

from __future__ import annotations

from dataclasses import dataclass

PARAMETERS = "ro quiet transparent_hugepage=never"
"""What the boot configuration of each prepared node passes to the kernel, whatever its system."""

IPVS = ("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh")
OVERLAY_NETWORK = ("geneve", "openvswitch")
OLD_CONNTRACK = ("nf_conntrack_ipv4", "nf_conntrack_ipv6")
"""Modules that kernels below 4.19 (of Red Hat: below 4.18) have beside ``nf_conntrack``."""

MODULES = (
    *IPVS, *OVERLAY_NETWORK, "nf_conntrack", "nf_nat", "nf_tables", "br_netfilter", "bridge", "overlay", "xfs", "ext4",
)  # fmt: skip


LARGER_CPUS, LARGER_MEMORY_GIB = 24, 48
"""What ACP advises for a worker; the trees of flavours hold this machine, too."""


@dataclass(frozen=True)
class Flavour:
    """An operating system, as a node of it looks from inside.

    Attributes:
        name: what a lab calls it.
        manager: ``dpkg`` or ``rpm``; its database is a real one, and the other manager is not there.
        kernel: the kernel's release.
        build: the kernel's build, as ``uname -v`` prints it.
        shell_program: the program that /bin/sh is.
        files: path to content of what tells the system apart.
        modules: kernel modules that are loaded.
        parameters: of the running kernel's command line.
        packages: what its package database holds beside the base, by name: empty packages, version and release.
        units: systemd's units, a line each as :file:`files/units` has them.
        volume_group: of its disk; empty where the disk has partitions only.
        loaded_at_boot: modules that /etc/modules-load.d names.
        module_suffix: how the files of kernel modules end.
        links: symbolic links: path to target.
        machine: ``uname -m``.
        no_limit: how its systemd writes that there is none.
        cpus: how many processors its nodes have, unless said otherwise.
        memory_gib: how much memory they have, unless said otherwise.
        supported: a release of ACP supports it, so that a healthy node of it is accepted.
    """

    name: str
    manager: str
    kernel: str
    build: str
    shell_program: str
    files: dict[str, str]
    modules: tuple[str, ...]
    parameters: str
    packages: dict[str, str]
    units: tuple[str, ...]
    volume_group: str
    loaded_at_boot: tuple[str, ...] = (*IPVS, *OVERLAY_NETWORK)
    module_suffix: str = ".ko"
    links: dict[str, str] | None = None
    machine: str = "x86_64"
    no_limit: str = "infinity"
    cpus: int = 16
    memory_gib: int = 32
    supported: bool = True


def root_of(volume_group: str) -> str:
    """Give the path of the root file system's device in a volume group."""
    return f"/dev/mapper/{volume_group}-root"


def os_release(**values: str) -> str:
    """Give the text of an os-release file."""
    return "".join(f'{key}="{value}"\n' for key, value in values.items())
