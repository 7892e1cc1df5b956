"""Operating systems a lab node can be: identity, kernel, boot configuration, package database."""

from __future__ import annotations

from dataclasses import dataclass, field

_MODULES = (
    "ip_vs",
    "ip_vs_rr",
    "ip_vs_wrr",
    "ip_vs_sh",
    "nf_conntrack",
    "br_netfilter",
    "overlay",
    "geneve",
    "openvswitch",
)
_ARGUMENTS = "ro quiet transparent_hugepage=never"


@dataclass(frozen=True)
class Flavour:
    """An operating system, as a node of it looks from inside.

    Attributes:
        name: what a lab calls it.
        manager: ``dpkg`` or ``rpm``; its database is a real one.
        kernel: the release of the kernel.
        files: path to content of what tells the system apart; written over the base tree.
        modules: kernel modules that are loaded.
    """

    name: str
    manager: str
    kernel: str
    files: dict[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = _MODULES


def _os_release(**values: str) -> str:
    return "".join(f'{key}="{value}"\n' for key, value in values.items())


def _red_hat(version: str, name: str) -> dict[str, str]:
    release = f"Red Hat Enterprise Linux release {version} ({name})\n"
    return {
        "etc/os-release": _os_release(
            NAME="Red Hat Enterprise Linux",
            ID="rhel",
            ID_LIKE="fedora",
            VERSION_ID=version,
            PRETTY_NAME=f"Red Hat Enterprise Linux {version} ({name})",
        ),
        "etc/redhat-release": release,
        "etc/system-release": release,
    }


FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        Flavour(
            name="ubuntu-22.04",
            manager="dpkg",
            kernel="5.15.0-56-generic",
            files={
                "etc/os-release": _os_release(
                    NAME="Ubuntu",
                    ID="ubuntu",
                    ID_LIKE="debian",
                    VERSION_ID="22.04",
                    PRETTY_NAME="Ubuntu 22.04.1 LTS",
                    VERSION_CODENAME="jammy",
                ),
                "etc/default/grub": f'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="{_ARGUMENTS}"\n',
                "boot/grub/grub.cfg": f"menuentry 'Ubuntu' {{\n\tlinux\t/boot/vmlinuz root=/dev/sda1 {_ARGUMENTS}\n}}\n",
            },
        ),
        Flavour(
            name="rhel-8.6",
            manager="rpm",
            kernel="4.18.0-372.9.1.el8.x86_64",
            files=_red_hat("8.6", "Ootpa")
            | {
                "etc/default/grub": f'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="{_ARGUMENTS}"\nGRUB_ENABLE_BLSCFG=true\n',
                "boot/loader/entries/0-4.18.0.conf": f"title RHEL\nlinux /vmlinuz\noptions root=/dev/sda1 {_ARGUMENTS}\n",
            },
        ),
        Flavour(
            name="rhel-7.8",
            manager="rpm",
            kernel="3.10.0-1127.el7.x86_64",
            files=_red_hat("7.8", "Maipo")
            | {
                "etc/default/grub": f'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="{_ARGUMENTS}"\n',
                "boot/grub2/grub.cfg": f"menuentry 'RHEL' {{\n\tlinux16 /vmlinuz root=/dev/sda1 {_ARGUMENTS}\n}}\n",
            },
            modules=(*_MODULES, "nf_conntrack_ipv4"),
        ),
    )
}

PACKAGES = {
    "kernel-core": "4.18.0",
    "bash": "4.4.20",
    "openssh-server": "8.0p1",
    "systemd": "239",
    "coreutils": "8.30",
    "iproute": "5.18.0",
    "tar": "1.30",
    "util-linux": "2.32.1",
}
"""Packages in the real rpm database of a flavour without dpkg: name to version. They hold no files."""

CONFLICTS = {
    "podman": "4.0.2",
    "docker-ce": "24.0.7",
    "containerd": "1.6.12",
    "docker.io": "20.10.21",
    "python3-docker": "5.0.0",
    "golang-docker.io-tools": "1.0",
}
"""Packages that faults install, really, from empty packages built here: name to version."""
