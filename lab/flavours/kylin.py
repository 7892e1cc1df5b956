"""Kylin Linux Advanced Server V10. Its service packs are told apart by their code names: SP2 is Sword, SP3 is Lance."""

from __future__ import annotations

from dataclasses import replace

from lab.flavours.flavour import MODULES, PARAMETERS, Flavour, os_release, root_of
from lab.flavours.red_hat import SELINUX_OFF, UNITS, grub_defaults, grub_entry

_SYSTEM = "Kylin Linux Advanced Server"
_SERVICE_PACKS = {
    "SP2": ("Sword", "4.19.90-24.4.v2101.ky10", "#1 SMP Mon May 24 12:14:55 CST 2021", "Build09/20210524"),
    "SP3": ("Lance", "4.19.90-52.22.v2207.ky10", "#1 SMP Tue Mar 14 12:19:10 CST 2023", "Build23/20230324"),
}
"""Code name, kernel, its build, and the product's build."""


def _kylin(service_pack: str, machine: str) -> Flavour:
    code_name, version, build, product_build = _SERVICE_PACKS[service_pack]
    kernel = f"{version}.{machine}"
    options = f"root={root_of('klas')} {PARAMETERS} audit=0"
    release = f"{_SYSTEM} release V10 ({code_name})\n"
    return Flavour(
        name=f"kylin-v10-{service_pack.lower()}",
        manager="rpm",
        kernel=kernel,
        build=build,
        shell_program="bash",
        files={
            "usr/lib/os-release": os_release(
                NAME=_SYSTEM,
                VERSION=f"V10 ({code_name})",
                ID="kylin",
                VERSION_ID="V10",
                PRETTY_NAME=f"{_SYSTEM} V10 ({code_name})",
                ANSI_COLOR="0;31",
            ),
            "etc/kylin-release": release,
            "etc/system-release": release,
            "etc/.productinfo": f"{_SYSTEM}\nrelease V10 ({service_pack}) /({code_name})-{machine}-{product_build}\n",
            "etc/issue": "\nAuthorized users only. All activities may be monitored and reported.\n",
            "etc/selinux/config": SELINUX_OFF,
            "etc/default/grub": grub_defaults(options.partition(" ")[2]),
            "boot/efi/EFI/kylin/grub.cfg": grub_entry(f"{_SYSTEM} ({kernel}) V10 ({code_name})", "linux", kernel, options),
        },
        modules=MODULES,
        parameters=f"BOOT_IMAGE=/vmlinuz-{kernel} {options}",
        packages={
            **dict.fromkeys(("kernel", "kernel-core", "kernel-modules", "kernel-modules-extra"), version),
            "kylin-release": "10-24.6.p43.ky10", "bash": "5.0-16.p01.ky10", "chrony": "3.5-4.p01.ky10",
            "coreutils": "8.31-9.p01.ky10", "firewalld": "0.6.6-5.p02.ky10", "glibc": "2.28-49.p07.ky10",
            "iproute": "5.5.0-10.p01.ky10", "iptables": "1.8.1-11.p02.ky10", "lvm2": "2.02.181-8.p04.ky10",
            "nftables": "0.9.6-3.p01.ky10", "openssh-server": "8.2p1-9.p11.ky10", "procps-ng": "3.3.16-13.p02.ky10",
            "sudo": "1.9.2-2.p06.ky10", "systemd": "243-28.p15.ky10", "tar": "1.32-2.p01.ky10",
            "util-linux": "2.35.2-5.p02.ky10",
        },
        units=(
            *UNITS,
            "ip6tables.service disabled disabled inactive dead IPv6 firewall with ip6tables",
            "iptables.service disabled disabled inactive dead IPv4 firewall with iptables",
            "nftables.service disabled disabled inactive dead Netfilter Tables",
            "systemd-resolved.service disabled enabled inactive dead Network Name Resolution",
        ),
        volume_group="klas",
        links={"etc/grub2-efi.cfg": "../boot/efi/EFI/kylin/grub.cfg"},
        machine=machine,
    )  # fmt: skip


FLAVOURS = (
    _kylin("SP3", "x86_64"),
    replace(
        _kylin("SP3", "aarch64"),
        name="kylin-v10-sp3-aarch64",
        # ACP asks for half as much again on this architecture.
        cpus=32,
        memory_gib=64,
    ),
    replace(_kylin("SP2", "x86_64"), supported=False),
)
