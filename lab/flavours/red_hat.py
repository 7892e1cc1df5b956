"""Red Hat Enterprise Linux, and CentOS Linux 7."""

from __future__ import annotations

from lab.flavours.flavour import IPVS, MODULES, OLD_CONNTRACK, OVERLAY_NETWORK, PARAMETERS, Flavour, os_release, root_of

SELINUX_OFF = (
    "# This file controls the state of SELinux on the system.\nSELINUX=disabled\n"
    "# SELINUXTYPE= can take one of these values: targeted, minimum, mls.\nSELINUXTYPE=targeted\n"
)
_OLD_NO_LIMIT = str(2**64 - 1)
_MACHINE = "0123456789abcdef0123456789abcdef"

UNITS = (
    "chronyd.service enabled enabled active running NTP client/server",
    "crond.service enabled enabled active running Command Scheduler",
    "firewalld.service disabled enabled inactive dead firewalld - dynamic firewall daemon",
    "sshd.service enabled enabled active running OpenSSH server daemon",
)
_NFTABLES = "nftables.service disabled disabled inactive dead Netfilter Tables"
_RESOLVED = "systemd-resolved.service disabled enabled inactive dead Network Name Resolution"


def grub_defaults(parameters: str, more: str = "") -> str:
    """Give the text of /etc/default/grub."""
    return (
        "GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\nGRUB_DEFAULT=saved\n"
        f'GRUB_DISABLE_SUBMENU=true\nGRUB_TERMINAL_OUTPUT="console"\nGRUB_CMDLINE_LINUX="{parameters}"\n'
        f'GRUB_DISABLE_RECOVERY="true"\n{more}'
    )


def grub_entry(name: str, word: str, kernel: str, options: str) -> str:
    """Give the text of a generated grub.cfg; ``word`` is the loader's command, such as ``linux16``."""
    ramdisk = word.replace("linux", "initrd")
    return (
        f'set timeout=5\nmenuentry "{name}" --class gnu-linux --unrestricted {{\n\tset root="hd0,gpt2"\n'
        f"\t{word} /vmlinuz-{kernel} {options}\n\t{ramdisk} /initramfs-{kernel}.img\n}}\n"
    )


def _entries(name: str, kernel: str, options: str) -> dict[str, str]:
    """Give the boot configuration of a system whose boot loader reads an entry for each kernel."""
    return {
        "etc/default/grub": grub_defaults(options.partition(" ")[2], "GRUB_ENABLE_BLSCFG=true\n"),
        "boot/grub2/grub.cfg": 'set timeout=5\ninsmod blscfg\nblscfg\nset kernelopts="root=/dev/mapper/rhel-root ro"\n',
        f"boot/loader/entries/{_MACHINE}-{kernel}.conf": f"title {name}\nversion {kernel}\nlinux /vmlinuz-{kernel}\n"
        f"initrd /initramfs-{kernel}.img\noptions {options}\ngrub_users $grub_users\ngrub_arg --unrestricted\n"
        "grub_class rhel\n",
    }


_MORE_UNITS = {"7": (), "8": (_NFTABLES, _RESOLVED), "9": (_NFTABLES,)}


def _red_hat(full: str, kernel: str, build: str, packages: dict[str, str]) -> Flavour:
    version = full.partition(" ")[0]
    major = version.partition(".")[0]
    old = major == "7"
    # The seventh is named after the edition.
    name = "Red Hat Enterprise Linux" + (" Server" if old else "")
    release = f"{name} release {full}\n"
    # The ninth's kernel does not heed /etc/selinux/config alone.
    parameters = f"{PARAMETERS} selinux=0" if major == "9" else PARAMETERS
    options = f"root={root_of('rhel')} {parameters}"
    old_boot = {
        "etc/default/grub": grub_defaults(parameters),
        "boot/grub2/grub.cfg": grub_entry(f"{name} ({version})", "linux16", kernel, options),
    }
    return Flavour(
        name=f"rhel-{version}",
        manager="rpm",
        kernel=kernel,
        build=build,
        shell_program="bash",
        files={
            "usr/lib/os-release": os_release(
                NAME=name,
                VERSION=full,
                ID="rhel",
                ID_LIKE="fedora",
                VERSION_ID=version,
                **({} if old else {"PLATFORM_ID": f"platform:el{major}"}),
                PRETTY_NAME=f"{name} {full}",
                CPE_NAME=f"cpe:/o:redhat:enterprise_linux:{version}",
            ),
            "etc/redhat-release": release,
            "etc/system-release": release,
            "etc/issue": "\\S\nKernel \\r on an \\m\n\n",
            "etc/selinux/config": SELINUX_OFF,
            **(old_boot if old else _entries(f"{name} ({version})", kernel, options)),
        },
        modules=(*MODULES, *OLD_CONNTRACK) if old else MODULES,
        parameters=f"BOOT_IMAGE=(hd0,gpt2)/vmlinuz-{kernel} {options}",
        packages=packages,
        units=(*UNITS, *_MORE_UNITS[major]),
        volume_group="rhel",
        loaded_at_boot=(*IPVS, *OVERLAY_NETWORK, *OLD_CONNTRACK) if old else (*IPVS, *OVERLAY_NETWORK),
        module_suffix=".ko.xz",
        no_limit=_OLD_NO_LIMIT if old else "infinity",
    )


_EL9, _EL8, _EL7 = "5.14.0-570.12.1.el9_6.x86_64", "4.18.0-372.9.1.el8.x86_64", "3.10.0-1127.el7.x86_64"
_CENTOS = "3.10.0-1160.el7.x86_64"
_CENTOS_PARAMETERS = f"{PARAMETERS} cgroup.memory=nokmem"
_CENTOS_RELEASE = "CentOS Linux release 7.9.2009 (Core)\n"
_EL7_PACKAGES = {
    "bash": "4.2.46-34.el7", "coreutils": "8.22-24.el7", "glibc": "2.17-307.el7", "iproute": "4.11.0-25.el7_7.2",
    "iptables": "1.4.21-34.el7", "firewalld": "0.6.3-8.el7", "lvm2": "2.02.186-7.el7", "openssh-server": "7.4p1-21.el7",
    "procps-ng": "3.3.10-27.el7", "sudo": "1.8.23-9.el7", "systemd": "219-73.el7.1", "tar": "1.26-35.el7",
    "util-linux": "2.23.2-63.el7", "chrony": "3.4-1.el7",
}  # fmt: skip

FLAVOURS = (
    _red_hat(
        "7.8 (Maipo)", _EL7, "#1 SMP Tue Feb 18 16:39:12 EST 2020",
        {"kernel": "3.10.0-1127.el7", "redhat-release-server": "7.8-2.el7", **_EL7_PACKAGES},
    ),
    _red_hat(
        "8.6 (Ootpa)", _EL8, "#1 SMP Fri Apr 15 22:12:19 EDT 2022",
        {
            "kernel": "4.18.0-372.9.1.el8", "kernel-core": "4.18.0-372.9.1.el8", "kernel-modules": "4.18.0-372.9.1.el8",
            "redhat-release": "8.6-0.1.el8", "bash": "4.4.20-3.el8", "chrony": "4.1-1.el8", "coreutils": "8.30-12.el8",
            "firewalld": "0.9.3-13.el8", "glibc": "2.28-189.1.el8", "iproute": "5.15.0-4.el8",
            "iptables": "1.8.4-22.el8", "lvm2": "2.03.14-3.el8", "nftables": "0.9.3-25.el8",
            "openssh-server": "8.0p1-13.el8", "procps-ng": "3.3.15-6.el8", "sudo": "1.8.29-8.el8",
            "systemd": "239-58.el8", "tar": "1.30-5.el8", "util-linux": "2.32.1-35.el8",
        },
    ),
    _red_hat(
        "9.6 (Plow)", _EL9, "#1 SMP PREEMPT_DYNAMIC Fri Apr 4 13:45:41 EDT 2025",
        {
            "kernel": "5.14.0-570.12.1.el9_6", "kernel-core": "5.14.0-570.12.1.el9_6",
            "kernel-modules": "5.14.0-570.12.1.el9_6", "kernel-modules-core": "5.14.0-570.12.1.el9_6",
            "redhat-release": "9.6-0.1.el9", "bash": "5.1.8-9.el9", "chrony": "4.6.1-1.el9", "coreutils": "8.32-39.el9",
            "firewalld": "1.3.4-9.el9_5", "glibc": "2.34-168.el9_6.14", "iproute": "6.11.0-1.el9",
            "iptables-nft": "1.8.10-11.el9_5", "lvm2": "2.03.28-6.el9", "nftables": "1.0.9-3.el9",
            "openssh-server": "8.7p1-45.el9", "procps-ng": "3.3.17-14.el9", "sudo": "1.9.5p2-10.el9",
            "systemd": "252-51.el9", "tar": "1.34-7.el9", "util-linux": "2.37.4-21.el9",
        },
    ),
    Flavour(
        name="centos-7.9",
        manager="rpm",
        kernel=_CENTOS,
        build="#1 SMP Mon Oct 19 16:18:59 UTC 2020",
        shell_program="bash",
        files={
            # It knows its major release only; the minor one is in centos-release.
            "usr/lib/os-release": os_release(
                NAME="CentOS Linux", VERSION="7 (Core)", ID="centos", ID_LIKE="rhel fedora", VERSION_ID="7",
                PRETTY_NAME="CentOS Linux 7 (Core)", ANSI_COLOR="0;31", CPE_NAME="cpe:/o:centos:centos:7",
                HOME_URL="https://www.centos.org/", BUG_REPORT_URL="https://bugs.centos.org/",
            ),
            "etc/centos-release": _CENTOS_RELEASE,
            "etc/redhat-release": _CENTOS_RELEASE,
            "etc/system-release": _CENTOS_RELEASE,
            "etc/issue": "\\S\nKernel \\r on an \\m\n\n",
            "etc/selinux/config": SELINUX_OFF,
            "etc/default/grub": grub_defaults(_CENTOS_PARAMETERS),
            # A machine with UEFI: the seventh has its configuration there only.
            "boot/efi/EFI/centos/grub.cfg": grub_entry(
                f"CentOS Linux ({_CENTOS}) 7 (Core)", "linuxefi", _CENTOS,
                f"root={root_of('centos')} {_CENTOS_PARAMETERS}",
            ),
        },
        modules=(*MODULES, *OLD_CONNTRACK),
        parameters=f"BOOT_IMAGE=/vmlinuz-{_CENTOS} root={root_of('centos')} {_CENTOS_PARAMETERS}",
        packages={
            "kernel": "3.10.0-1160.el7", "centos-release": "7-9.2009.0.el7.centos", **_EL7_PACKAGES,
            "glibc": "2.17-317.el7", "iproute": "4.11.0-30.el7", "iptables": "1.4.21-35.el7", "lvm2": "2.02.187-6.el7",
            "systemd": "219-78.el7", "util-linux": "2.23.2-65.el7",
        },
        units=UNITS,
        volume_group="centos",
        loaded_at_boot=(*IPVS, *OVERLAY_NETWORK, *OLD_CONNTRACK),
        module_suffix=".ko.xz",
        links={"etc/grub2-efi.cfg": "../boot/efi/EFI/centos/grub.cfg"},
        no_limit=_OLD_NO_LIMIT,
    ),
)  # fmt: skip
