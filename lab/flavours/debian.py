"""Ubuntu, and Debian, which no release of ACP supports."""

from __future__ import annotations

from dataclasses import replace

from lab.flavours.flavour import MODULES, PARAMETERS, Flavour

_PARAMETERS = f"{PARAMETERS} apparmor=0"
_DISK = "6d3c4f0e-7a43-4b8c-9a53-2f1a4c6f8e11"

_UNITS = (
    "cron.service enabled enabled active running Regular background program processing daemon",
    "nftables.service disabled enabled inactive dead nftables",
    "ssh.service enabled enabled active running OpenBSD Secure Shell server",
    "sshd.service alias - active running OpenBSD Secure Shell server",
)
_UBUNTU_UNITS = (
    *_UNITS,
    "apparmor.service masked enabled inactive dead apparmor.service",
    "chrony.service enabled enabled active running chrony, an NTP client/server",
    "systemd-resolved.service disabled enabled inactive dead Network Name Resolution",
    "ufw.service disabled enabled inactive dead Uncomplicated firewall",
)


def _boot(name: str, kernel: str, root: str) -> dict[str, str]:
    entry = f"\tlinux\t/vmlinuz-{kernel} root={root} {_PARAMETERS}\n\tinitrd\t/initrd.img-{kernel}\n"
    return {
        "etc/default/grub": "GRUB_DEFAULT=0\nGRUB_TIMEOUT_STYLE=hidden\nGRUB_TIMEOUT=0\n"
        "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\n"
        f'GRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="{_PARAMETERS}"\n',
        "boot/grub/grub.cfg": f"set default=0\nmenuentry '{name}' --class {name.lower()} --class gnu-linux {{\n"
        f"\tsearch --no-floppy --fs-uuid --set=root {_DISK}\n{entry}}}\n"
        f"submenu 'Advanced options for {name}' {{\n"
        f"\tmenuentry '{name}, with Linux {kernel}' --class {name.lower()} --class gnu-linux {{\n\t{entry}\t}}\n}}\n",
    }


def _ubuntu(point: str, name: str, kernel: str, build: str, packages: dict[str, str]) -> Flavour:
    version = point.rpartition(".")[0]
    code_name = name.partition(" ")[0].lower()
    root = "/dev/mapper/ubuntu--vg-root"
    return Flavour(
        name=f"ubuntu-{version}",
        manager="dpkg",
        kernel=kernel,
        build=build,
        shell_program="dash",
        files={
            "usr/lib/os-release": f'PRETTY_NAME="Ubuntu {point} LTS"\nNAME="Ubuntu"\nVERSION_ID="{version}"\n'
            f'VERSION="{point} LTS ({name})"\nVERSION_CODENAME={code_name}\nID=ubuntu\nID_LIKE=debian\n'
            f'HOME_URL="https://www.ubuntu.com/"\nUBUNTU_CODENAME={code_name}\n',
            "etc/lsb-release": f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={version}\nDISTRIB_CODENAME={code_name}\n"
            f'DISTRIB_DESCRIPTION="Ubuntu {point} LTS"\n',
            "etc/issue": f"Ubuntu {point} LTS \\n \\l\n\n",
            # The module is built in: it says so also where it was switched off.
            "usr/lib/lab/seen/sys/module/apparmor/parameters/enabled": "N\n",
            **_boot("Ubuntu", kernel, root),
        },
        modules=MODULES,
        parameters=f"BOOT_IMAGE=/vmlinuz-{kernel} root={root} {_PARAMETERS}",
        packages={**packages, "chrony": "4.2-2ubuntu2", "ufw": "0.36.1-4build1", "apparmor": "3.0.4-2ubuntu2"},
        units=_UBUNTU_UNITS,
        volume_group="ubuntu--vg",
    )


_FOCAL, _JAMMY, _HWE = "5.4.0-135-generic", "5.15.0-56-generic", "6.5.0-14-generic"
_BOOKWORM = "6.1.0-18-amd64"
_HWE_VERSION = "6.5.0-14.14~22.04.1"

FLAVOURS = (
    _ubuntu(
        "20.04.5", "Focal Fossa", _FOCAL, "#152-Ubuntu SMP Wed Nov 23 20:19:22 UTC 2022",
        {
            f"linux-image-{_FOCAL}": "5.4.0-135.152", f"linux-modules-{_FOCAL}": "5.4.0-135.152",
            f"linux-modules-extra-{_FOCAL}": "5.4.0-135.152", "linux-image-generic": "5.4.0.135.133",
            "linux-generic": "5.4.0.135.133",
        },
    ),
    _ubuntu(
        "22.04.1", "Jammy Jellyfish", _JAMMY, "#62-Ubuntu SMP Tue Nov 22 19:54:14 UTC 2022",
        {
            f"linux-image-{_JAMMY}": "5.15.0-56.62", f"linux-modules-{_JAMMY}": "5.15.0-56.62",
            f"linux-modules-extra-{_JAMMY}": "5.15.0-56.62", "linux-image-generic": "5.15.0.56.54",
            "linux-generic": "5.15.0.56.54",
        },
    ),
    replace(
        _ubuntu(
            "22.04.3", "Jammy Jellyfish", _HWE,
            "#14~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC Mon Nov 20 18:15:30 UTC 2",
            {
                f"linux-image-{_HWE}": _HWE_VERSION, f"linux-modules-{_HWE}": _HWE_VERSION,
                f"linux-modules-extra-{_HWE}": _HWE_VERSION, "linux-image-generic-hwe-22.04": "6.5.0.14.14~22.04.7",
                "linux-generic-hwe-22.04": "6.5.0.14.14~22.04.7",
            },
        ),
        name="ubuntu-22.04-hwe",
        supported=False,
    ),
    Flavour(
        name="debian-12",
        manager="dpkg",
        kernel=_BOOKWORM,
        build="#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)",
        shell_program="dash",
        # It is what the lab's nodes are made of.
        files=_boot("Debian", _BOOKWORM, f"UUID={_DISK}"),
        modules=MODULES,
        parameters=f"BOOT_IMAGE=/vmlinuz-{_BOOKWORM} root=UUID={_DISK} {_PARAMETERS}",
        packages={f"linux-image-{_BOOKWORM}": "6.1.76-1", "linux-image-amd64": "6.1.76-1", "chrony": "4.3-2+deb12u1"},
        units=(*_UNITS, "chrony.service enabled enabled active running chrony, an NTP client/server"),
        volume_group="",
        supported=False,
    ),
)  # fmt: skip
