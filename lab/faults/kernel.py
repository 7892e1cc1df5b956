"""Faults of the operating system and the kernel."""

from __future__ import annotations

from lab.faults.addresses import IPV6
from lab.faults.fault import Fault, edit, instead, unreadable

_SWAP = "preflight.kernel.swap"
_HUGEPAGE = "preflight.kernel.transparent-hugepage"
_IPVS = "preflight.kernel.ipvs-modules"
_OVN = "preflight.kernel.ovn-modules"
_CONNTRACK = "preflight.kernel.conntrack-modules"
_IPIP = "preflight.kernel.calico-ipip"
_VXLAN = "preflight.kernel.calico-vxlan-ipv6"
_ACCOUNTING = "preflight.kernel.cgroup-nokmem"
_SYSTEM = "preflight.kernel.os-supported"
_KERNEL = "preflight.kernel.kernel-supported"


def _without_module(name: str) -> str:
    return f"rm -r /sys/module/{name}\n{edit('/proc/modules', f'/^{name} /d')}"


def _not_at_boot(name: str) -> str:
    return f"sed -i '/^{name}$/d' /etc/modules-load.d/acp.conf"


def _other_kernel(expression: str) -> str:
    """Let another kernel run, which a package of the distribution brought."""
    edits = [edit(path, expression) for path in ("/proc/sys/kernel/osrelease", "/proc/version")]
    owner = "s/^Package: linux-image-[0-9].*/Package: linux-image-$(cat /proc/sys/kernel/osrelease)/"
    return "\n".join([*edits, f'sed -i "{owner}" /var/lib/dpkg/status'])


_UBUNTU = ("ubuntu-22.04", "ubuntu-20.04")
_CENTOS_BOOT = "/etc/default/grub /boot/efi/EFI/centos/grub.cfg"

# A folder of a process that has ended cannot be listed, by nobody.
_NO_MODULES = """
sleep 60 &
mount --bind /proc/$!/net /sys/module
kill $!
wait $! || true
""" + unreadable("/proc/modules")

_SWAP_UNIT = """
mkdir -p /etc/systemd/system/swap.target.wants
printf '[Swap]\\nWhat=/dev/sdb1\\n\\n[Install]\\nWantedBy=swap.target\\n' >/etc/systemd/system/dev-sdb1.swap
ln -s ../dev-sdb1.swap /etc/systemd/system/swap.target.wants/dev-sdb1.swap
echo 'dev-sdb1.swap enabled enabled inactive dead /dev/sdb1' >>/etc/lab/systemd/units
"""

FAULTS = (
    Fault(
        "swap-on",
        _SWAP,
        "swap is in use: /dev/dm-1, 4 GiB",
        "printf '/dev/dm-1                               partition\\t4194300\\t\\t0\\t\\t-2\\n' >>/proc/swaps",
    ),
    Fault(
        "swap-in-fstab",
        _SWAP,
        "swap comes back at boot by /etc/fstab",
        "echo '/dev/mapper/rl-swap none swap defaults 0 0' >>/etc/fstab",
    ),
    Fault("swap-unit", _SWAP, "swap comes back at boot by an enabled systemd unit", _SWAP_UNIT),
    Fault(
        "zram-swap",
        _SWAP,
        "swap comes back at boot by zram-generator",
        "printf '[zram0]\\nzram-size = ram / 2\\n' >/etc/systemd/zram-generator.conf",
    ),
    Fault("unreadable-swaps", _SWAP, "/proc/swaps cannot be read", unreadable("/proc/swaps"), breaks=True),
    Fault(
        "thp-boot-missing",
        _HUGEPAGE,
        "the boot configuration does not switch huge pages off",
        "sed -i 's/ *transparent_hugepage=never//' $(ls -d /etc/default/grub /boot/grub/grub.cfg /boot/grub2/grub.cfg "
        "/boot/efi/EFI/*/grub.cfg /boot/loader/entries/*.conf 2>/dev/null)",
    ),
    Fault(
        "thp-in-force-always",
        _HUGEPAGE,
        "huge pages are in force",
        "echo '[always] madvise never' >/sys/kernel/mm/transparent_hugepage/enabled",
    ),
    Fault(
        "unreadable-thp",
        _HUGEPAGE,
        "the mode of huge pages cannot be read",
        unreadable("/sys/kernel/mm/transparent_hugepage/enabled"),
        breaks=True,
    ),
    Fault("ipvs-missing", _IPVS, "module ip_vs_sh is not loaded", _without_module("ip_vs_sh")),
    Fault(
        "unreadable-modules",
        _IPVS,
        "loaded modules cannot be listed",
        _NO_MODULES,
        breaks=True,
        also=(f"{_IPVS}-advised", _OVN, f"{_OVN}-advised"),
    ),
    Fault(
        "unreadable-old-modules",
        _CONNTRACK,
        "loaded modules cannot be listed, where the kernel is an old one",
        _NO_MODULES,
        breaks=True,
        flavours=("rhel-7.8", "centos-7.9"),
        also=(f"{_CONNTRACK}-advised",),
    ),
    Fault("ipvs-not-at-boot", f"{_IPVS}-advised", "ip_vs_sh is not loaded at boot", _not_at_boot("ip_vs_sh")),
    Fault(
        "conntrack-not-at-boot",
        f"{_CONNTRACK}-advised",
        "nf_conntrack_ipv4 is not loaded at boot",
        _not_at_boot("nf_conntrack_ipv4"),
        flavours=("rhel-7.8", "centos-7.9"),
    ),
    Fault("ovn-missing", _OVN, "module geneve is not loaded", _without_module("geneve")),
    Fault("ovn-not-at-boot", f"{_OVN}-advised", "openvswitch is not loaded at boot", _not_at_boot("openvswitch")),
    Fault(
        "ipip-refused",
        _IPIP,
        "module ipip is refused",
        "mkdir -p /etc/modprobe.d\necho 'install ipip /bin/false' >/etc/modprobe.d/ipip.conf",
        plan="calico",
    ),
    Fault("unreadable-ipip", _IPIP, "loaded modules cannot be listed", _NO_MODULES, breaks=True, plan="calico"),
    Fault(
        "no-vxlan-ipv6",
        _VXLAN,
        "a system that cannot carry VXLAN over IPv6",
        IPV6,
        flavours=("rhel-7.8", "centos-7.9"),
        plan="calico-dual-stack",
    ),
    Fault(
        "unreadable-vxlan-ipv6",
        _VXLAN,
        "os-release is missing",
        f"{IPV6}\nrm /etc/os-release /usr/lib/os-release",
        breaks=True,
        plan="calico-dual-stack",
    ),
    Fault(
        "nokmem-missing",
        _ACCOUNTING,
        "the boot configuration does not switch the accounting of kernel memory off",
        f"sed -i 's/ *cgroup.memory=nokmem//' {_CENTOS_BOOT}",
        flavours=("centos-7.9",),
    ),
    Fault(
        "unreadable-boot",
        _ACCOUNTING,
        "the boot configuration cannot be read",
        unreadable(*_CENTOS_BOOT.split()),
        breaks=True,
        flavours=("centos-7.9",),
        also=(_HUGEPAGE,),
    ),
    Fault(
        "conntrack-missing",
        "preflight.kernel.conntrack-modules",
        "module nf_conntrack_ipv4 is not loaded",
        _without_module("nf_conntrack_ipv4"),
        flavours=("rhel-7.8",),
    ),
    Fault(
        "os-unsupported",
        _SYSTEM,
        "a release that is not supported: Ubuntu 24.04, RHEL 8.7 or 7.9",
        "sed -i -e 's/22\\.04/24.04/g' -e 's/8\\.6/8.7/g' -e 's/7\\.8/7.9/g' /usr/lib/os-release "
        "$(ls /etc/lsb-release /etc/redhat-release /etc/system-release 2>/dev/null)",
    ),
    Fault(
        "unreadable-os-release-junk",
        _SYSTEM,
        "os-release is binary junk",
        "head -c 3000 /dev/urandom >/usr/lib/os-release",
        breaks=True,
    ),
    Fault(
        "unreadable-os-release-oversized",
        _SYSTEM,
        "os-release begins with 8 MB of comments",
        "{ yes '# comment' | head -c 8000000; echo; cat /usr/lib/os-release; } >/tmp/os-release\n"
        "mv /tmp/os-release /usr/lib/os-release",
        breaks=True,
    ),
    Fault(
        "unreadable-os-release-missing",
        _SYSTEM,
        "os-release is missing",
        "rm /etc/os-release /usr/lib/os-release",
        breaks=True,
    ),
    Fault(
        "kernel-unsupported",
        _KERNEL,
        "a kernel of another x.y.z",
        _other_kernel(r"s/\([0-9]\.[0-9]*\)\.0-/\1.99-/"),
        flavours=_UBUNTU,
    ),
    Fault(
        "kernel-old-build",
        f"{_KERNEL}-advised",
        "a build of the kernel older than the tested one",
        _other_kernel(r"s/\([0-9]\.[0-9]*\.0\)-[0-9.]*[0-9]/\1-2/"),
        flavours=_UBUNTU,
    ),
    Fault(
        "unreadable-kernel",
        _KERNEL,
        "the kernel's release cannot be read",
        unreadable("/proc/sys/kernel/osrelease", "/proc/version") + "\n" + instead("uname", "exit 1"),
        breaks=True,
    ),
)
