"""Operating systems a lab node can be: identity, kernel, boot configuration, package database. All of it is data."""

from __future__ import annotations

from dataclasses import dataclass

_MODULES = (
    "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack", "nf_nat", "nf_tables", "br_netfilter", "bridge",
    "overlay", "geneve", "openvswitch", "xfs", "ext4", "virtio_net", "virtio_blk",
)  # fmt: skip
_PARAMETERS = "ro quiet transparent_hugepage=never"


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


def _ubuntu(version: str, name: str, kernel: str, build: str) -> Flavour:
    code_name = name.partition(" ")[0].lower()
    full = f"{version}.1 LTS ({name})"
    root = "root=UUID=6d3c4f0e-7a43-4b8c-9a53-2f1a4c6f8e11"
    return Flavour(
        name=f"ubuntu-{version}",
        manager="dpkg",
        kernel=kernel,
        build=build,
        shell_program="dash",
        files={
            "usr/lib/os-release": f'PRETTY_NAME="Ubuntu {version}.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="{version}"\n'
            f'VERSION="{full}"\nVERSION_CODENAME={code_name}\nID=ubuntu\nID_LIKE=debian\n'
            f'HOME_URL="https://www.ubuntu.com/"\nUBUNTU_CODENAME={code_name}\n',
            "etc/lsb-release": f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={version}\nDISTRIB_CODENAME={code_name}\n"
            f'DISTRIB_DESCRIPTION="Ubuntu {version}.1 LTS"\n',
            "etc/issue": f"Ubuntu {version}.1 LTS \\n \\l\n\n",
            "etc/default/grub": f'GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX_DEFAULT=""\n'
            f'GRUB_CMDLINE_LINUX="{_PARAMETERS}"\n',
            "boot/grub/grub.cfg": f"set default=0\nmenuentry 'Ubuntu' --class ubuntu {{\n"
            f"\tlinux\t/boot/vmlinuz-{kernel} {root} {_PARAMETERS}\n\tinitrd\t/boot/initrd.img-{kernel}\n}}\n",
        },
        modules=_MODULES,
        parameters=f"BOOT_IMAGE=/boot/vmlinuz-{kernel} {root} {_PARAMETERS}",
        packages={f"linux-image-{kernel}": "5.15.0-56.62", "linux-image-generic": "5.15.0.56.54"},
    )


def _red_hat_packages(version: str, kernel: str, **versions: str) -> dict[str, str]:
    distribution = f".el{version.partition('.')[0]}"
    release = kernel.removesuffix(".x86_64").removesuffix(distribution)
    packages = {"kernel-core" if distribution != ".el7" else "kernel": release}
    packages |= {name.replace("_", "-"): text for name, text in versions.items()}
    return {name: f"{text}{distribution}" for name, text in packages.items()}


def _red_hat(version: str, name: str, kernel: str, build: str, boot: dict[str, str], **versions: str) -> Flavour:
    release = f"Red Hat Enterprise Linux release {version} ({name})\n"
    full = f"{version} ({name})"
    return Flavour(
        name=f"rhel-{version}",
        manager="rpm",
        kernel=kernel,
        build=build,
        shell_program="bash",
        files={
            "usr/lib/os-release": f'NAME="Red Hat Enterprise Linux"\nVERSION="{full}"\nID="rhel"\nID_LIKE="fedora"\n'
            f'VERSION_ID="{version}"\nPLATFORM_ID="platform:el{version[0]}"\n'
            f'PRETTY_NAME="Red Hat Enterprise Linux {full}"\nCPE_NAME="cpe:/o:redhat:enterprise_linux:{version}"\n',
            "etc/redhat-release": release,
            "etc/system-release": release,
            "etc/issue": "\\S\nKernel \\r on an \\m\n\n",
            **boot,
        },
        modules=(*_MODULES, "nf_conntrack_ipv4", "nf_conntrack_ipv6") if kernel.startswith("3.") else _MODULES,
        parameters=f"BOOT_IMAGE=(hd0,gpt2)/vmlinuz-{kernel} root=/dev/mapper/rhel-root {_PARAMETERS}",
        packages=_red_hat_packages(version, kernel, **versions),
    )


_GRUB_DEFAULTS = f'GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR="Red Hat"\nGRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="{_PARAMETERS}"\n'
_EL7, _EL8 = "3.10.0-1127.el7.x86_64", "4.18.0-372.9.1.el8.x86_64"
_EL7_BOOT = {
    "etc/default/grub": _GRUB_DEFAULTS,
    "boot/grub2/grub.cfg": f"menuentry 'Red Hat Enterprise Linux Server (7.8)' --class red {{\n"
    f"\tlinux16 /vmlinuz-{_EL7} root=/dev/mapper/rhel-root {_PARAMETERS}\n\tinitrd16 /initramfs-{_EL7}.img\n}}\n",
}
_EL8_BOOT = {
    "etc/default/grub": f"{_GRUB_DEFAULTS}GRUB_ENABLE_BLSCFG=true\n",
    "boot/grub2/grub.cfg": 'set timeout=5\ninsmod blscfg\nblscfg\nset kernelopts="root=/dev/mapper/rhel-root ro"\n',
    f"boot/loader/entries/0123456789abcdef0123456789abcdef-{_EL8}.conf": "title Red Hat Enterprise Linux (8.6)\n"
    f"version {_EL8}\nlinux /vmlinuz-{_EL8}\ninitrd /initramfs-{_EL8}.img\n"
    f"options root=/dev/mapper/rhel-root {_PARAMETERS}\ngrub_class rhel\n",
}

FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        _ubuntu("22.04", "Jammy Jellyfish", "5.15.0-56-generic", "#62-Ubuntu SMP Tue Nov 22 19:54:14 UTC 2022"),
        _red_hat(
            "8.6", "Ootpa", _EL8, "#1 SMP Fri Apr 15 22:12:19 EDT 2022", _EL8_BOOT,
            bash="4.4.20-3", coreutils="8.30-12", glibc="2.28-189", iproute="5.15.0-4", openssh_server="8.0p1-13",
            procps_ng="3.3.15-6", redhat_release="8.6-0.1", sudo="1.8.29-8", systemd="239-58", tar="1.30-5",
            util_linux="2.32.1-35",
        ),
        _red_hat(
            "7.8", "Maipo", _EL7, "#1 SMP Tue Feb 18 16:39:12 EST 2020", _EL7_BOOT,
            bash="4.2.46-34", coreutils="8.22-24", glibc="2.17-307", iproute="4.11.0-25", openssh_server="7.4p1-21",
            procps_ng="3.3.10-27", redhat_release_server="7.8-2", sudo="1.8.23-9", systemd="219-73", tar="1.26-35",
            util_linux="2.23.2-63",
        ),
    )
}  # fmt: skip

SEEDED_PACKAGES = {
    "podman": "4.0.2-6",
    "docker-ce": "24.0.7-1",
    "containerd": "1.6.12-0ubuntu1",
    "docker.io": "20.10.21-0ubuntu1",
    "golang-docker.io-tools": "1.0-1",
}
"""Packages that faults install, really, from empty packages: name to version and release."""
