"""Faults that can be seeded on a lab node, each by a shell script that runs there as root.

A fault turns one requirement red (``breaks`` false) or unmeasurable (``breaks`` true), and no other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a node.

    Attributes:
        name: what it is called.
        requirement: id of the requirement it turns red, or makes unmeasurable; empty for misbehaviour of the node.
        what: what is wrong, in a few words.
        script: run by sh as root in the node, before its sshd starts or at any time after.
        breaks: it makes the requirement unmeasurable.
    """

    name: str
    requirement: str
    what: str
    script: str
    breaks: bool = False


# A directory bound over a file: reading it is an error, also for root.
_UNREADABLE = "mkdir -p /run/lab/unreadable; mount --bind /run/lab/unreadable {path}"
_SWAP_LINE = "/dev/dm-1                               partition\\t4194300\\t0\\t-2"


def _unreadable(path: str) -> str:
    return f"mv {path} {path}.away && mkdir {path}"


def _bad_file(path: str) -> str:
    """Make a file of /proc or /sys unreadable: what is bound there now is a file, so its content goes away."""
    return f": >{path}"


def _listen(port: int, name: str) -> str:
    """Really hold a port, by a process of that name."""
    program = f'$0 = "{name}"; $s = IO::Socket::INET->new(LocalPort => {port}, Listen => 5) or die; sleep'
    return f"setsid perl -MIO::Socket::INET -e '{program}' </dev/null >/dev/null 2>&1 & sleep 0.2"


def _install(package: str) -> str:
    """Really install an empty package of that name, with the manager the node has."""
    return (
        f"if command -v dpkg >/dev/null; then dpkg --force-depends -i /opt/lab-packages/{package}.deb; "
        f"else rpm -i --nodeps /opt/lab-packages/{package}.rpm; fi >/dev/null 2>&1"
    )


_FAULTS = (
    # kernel
    Fault("swap-on", "preflight.kernel.swap", "swap is in use", f"printf '{_SWAP_LINE}\\n' >>/proc/swaps"),
    Fault(
        "swap-in-fstab",
        "preflight.kernel.swap",
        "swap comes back at boot from /etc/fstab",
        "echo '/dev/mapper/rl-swap none swap defaults 0 0' >>/etc/fstab",
    ),
    Fault(
        "swap-unit",
        "preflight.kernel.swap",
        "a systemd swap unit is enabled",
        "echo 'dev-sdb1.swap enabled enabled' >>/etc/lab/systemd/unit-files",
    ),
    Fault(
        "zram-swap",
        "preflight.kernel.swap",
        "zram-generator makes swap at boot",
        "printf '[zram0]\\n' >/etc/systemd/zram-generator.conf",
    ),
    Fault(
        "unreadable-swaps", "preflight.kernel.swap", "/proc/swaps has no header", _bad_file("/proc/swaps"), breaks=True
    ),
    Fault(
        "thp-boot-missing",
        "preflight.kernel.transparent-hugepage",
        "the boot configuration does not switch huge pages off",
        "sed -i 's/transparent_hugepage=never//' /etc/default/grub $(ls /boot/grub*/grub.cfg /boot/loader/entries/*.conf 2>/dev/null)",
    ),
    Fault(
        "thp-always",
        "preflight.kernel.transparent-hugepage",
        "huge pages are in force",
        "echo '[always] madvise never' >/sys/kernel/mm/transparent_hugepage/enabled",
    ),
    Fault(
        "unreadable-thp",
        "preflight.kernel.transparent-hugepage",
        "the mode of huge pages cannot be read",
        _bad_file("/sys/kernel/mm/transparent_hugepage/enabled"),
        breaks=True,
    ),
    Fault("ipvs-missing", "preflight.kernel.ipvs-modules", "ip_vs_sh is not loaded", "rmdir /sys/module/ip_vs_sh"),
    Fault(
        "conntrack-missing",
        "preflight.kernel.conntrack-modules",
        "nf_conntrack_ipv4 is not loaded (kernels below 4.18)",
        "rmdir /sys/module/nf_conntrack_ipv4",
    ),
    Fault(
        "unreadable-modules",
        "preflight.kernel.ipvs-modules",
        "the list of modules cannot be read",
        "umount /sys/module; rm -rf /lib/modules; mkdir -p /run/lab/none; mount --bind /run/lab/none /sys/module; "
        "mv /bin/ls /bin/ls.away; printf '#!/bin/sh\\nexit 2\\n' >/bin/ls; chmod +x /bin/ls",
        breaks=True,
    ),
    Fault(
        "os-unsupported",
        "preflight.kernel.os-supported",
        "a system that no release supports",
        "sed -i 's/^VERSION_ID=.*/VERSION_ID=\"99.7\"/' /etc/os-release",
    ),
    Fault(
        "unreadable-os",
        "preflight.kernel.os-supported",
        "os-release is binary junk",
        "head -c 3000 /dev/urandom >/etc/os-release",
        breaks=True,
    ),
    Fault(
        "missing-os",
        "preflight.kernel.os-supported",
        "os-release is missing",
        "rm -f /etc/os-release /usr/lib/os-release",
        breaks=True,
    ),
    Fault(
        "kernel-unsupported",
        "preflight.kernel.kernel-supported",
        "a kernel of another x.y.z",
        "echo 5.99.1-1.generic >/proc/sys/kernel/osrelease",
    ),
    Fault(
        "kernel-old-build",
        "preflight.kernel.kernel-supported-advised",
        "a build older than the tested one",
        "older=$(sed 's/-[0-9.]*[0-9]/-2/' /proc/sys/kernel/osrelease) && echo \"$older\" >/proc/sys/kernel/osrelease",
    ),
    Fault(
        "unreadable-kernel",
        "preflight.kernel.kernel-supported",
        "the kernel gives no release",
        _bad_file("/proc/sys/kernel/osrelease"),
        breaks=True,
    ),
    # network
    Fault(
        "hostname-underscore",
        "preflight.network.hostname",
        "a host name with an underscore",
        "echo cp_1 >/proc/sys/kernel/hostname",
    ),
    Fault(
        "hostname-long",
        "preflight.network.hostname",
        "a host name of 40 characters",
        "echo a123456789b123456789c123456789d123456789 >/proc/sys/kernel/hostname",
    ),
    Fault(
        "hostname-markup",
        "preflight.network.hostname",
        "a host name of markup and escape codes",
        "printf '<script>\\033[31m&\\n' >/proc/sys/kernel/hostname",
    ),
    Fault(
        "unreadable-hostname",
        "preflight.network.hostname",
        "the host name is empty",
        _bad_file("/proc/sys/kernel/hostname"),
        breaks=True,
    ),
    Fault(
        "resolv-172",
        "preflight.network.resolv-conf",
        "a name server in 172.16",
        "echo 'nameserver 172.16.0.10' >/etc/resolv.conf",
    ),
    Fault("resolv-missing", "preflight.network.resolv-conf", "no resolv.conf", "rm -f /etc/resolv.conf"),
    Fault("resolv-empty", "preflight.network.resolv-conf", "resolv.conf without a name server", ": >/etc/resolv.conf"),
    Fault(
        "resolv-stub",
        "preflight.network.resolv-conf",
        "systemd-resolved runs",
        "echo active >/etc/lab/systemd/systemd-resolved",
    ),
    Fault(
        "unreadable-resolv",
        "preflight.network.resolv-conf",
        "resolv.conf cannot be read",
        _unreadable("/etc/resolv.conf"),
        breaks=True,
    ),
    Fault(
        "port-6443-taken", "preflight.network.ports-free", "something listens on 6443", _listen(6443, "kube-apiserver")
    ),
    Fault("port-10250-taken", "preflight.network.ports-free", "something listens on 10250", _listen(10250, "kubelet")),
    Fault(
        "unreadable-listeners",
        "preflight.network.ports-free",
        "ss fails",
        "mv $(command -v ss) /run/lab/ss; printf '#!/bin/sh\\nexit 1\\n' >/usr/bin/ss; chmod +x /usr/bin/ss",
        breaks=True,
    ),
    # software
    Fault(
        "package-podman",
        "preflight.software.conflicting-packages",
        "podman is installed (rpm flavours)",
        _install("podman"),
    ),
    Fault(
        "package-docker-ce", "preflight.software.conflicting-packages", "docker-ce is installed", _install("docker-ce")
    ),
    Fault(
        "package-containerd",
        "preflight.software.conflicting-packages",
        "containerd is installed (Ubuntu)",
        _install("containerd"),
    ),
    Fault(
        "package-lookalike",
        "preflight.software.conflicting-packages-advised",
        "a package whose name contains a conflicting one",
        _install("golang-docker.io-tools"),
    ),
    Fault(
        "unreadable-packages",
        "preflight.software.conflicting-packages",
        "the package database is damaged",
        "if command -v dpkg >/dev/null; then echo garbage >/var/lib/dpkg/status; "
        "else for f in /var/lib/rpm/*; do echo garbage >$f; done; fi",
        breaks=True,
    ),
    # users
    Fault(
        "sshd-use-pam",
        "preflight.users.sshd-options",
        "UsePAM is on",
        "echo 'UsePAM yes' >/etc/ssh/sshd_config.d/10-pam.conf",
    ),
    Fault(
        "sshd-use-dns",
        "preflight.users.sshd-options",
        "UseDNS is on",
        "echo 'UseDNS yes' >/etc/ssh/sshd_config.d/10-dns.conf",
    ),
    Fault(
        "unreadable-sshd",
        "preflight.users.sshd-options",
        "neither sshd -T nor its files can be read",
        "mv /usr/sbin/sshd /usr/sbin/sshd.real; "
        'printf \'#!/bin/sh\\n[ "$1" != -T ] || exit 255\\nexec /usr/sbin/sshd.real "$@"\\n\' >/usr/sbin/sshd; '
        "chmod +x /usr/sbin/sshd; mv /etc/ssh/sshd_config /run/lab/; mkdir /etc/ssh/sshd_config",
        breaks=True,
    ),
    # capacity
    Fault(
        "cpu-4", "preflight.capacity.cpu-cores", "four CPU cores", "printf 'processor\\t: %s\\n' 0 1 2 3 >/proc/cpuinfo"
    ),
    Fault(
        "unreadable-cpu",
        "preflight.capacity.cpu-cores",
        "/proc/cpuinfo lists nothing",
        _bad_file("/proc/cpuinfo"),
        breaks=True,
    ),
    Fault(
        "memory-8", "preflight.capacity.memory", "8 GiB of memory", "echo 'MemTotal:        8008304 kB' >/proc/meminfo"
    ),
    Fault(
        "unreadable-memory",
        "preflight.capacity.memory",
        "/proc/meminfo lists nothing",
        _bad_file("/proc/meminfo"),
        breaks=True,
    ),
    # between nodes
    Fault(
        "machine-id-cloned",
        "preflight.between.hostname-unique",
        "a machine-id that a clone would have",
        "echo 0123456789abcdef >/etc/machine-id",
    ),
    Fault(
        "unreadable-identity",
        "preflight.between.hostname-unique",
        "machine-id cannot be read",
        _unreadable("/etc/machine-id"),
        breaks=True,
    ),
    # A clock cannot differ between namespaces: the command that reads it is another.
    Fault(
        "clock-ahead-60",
        "preflight.between.clock",
        "the clock is a minute ahead",
        'mv /bin/date /bin/date.away; printf \'#!/bin/sh\\nexec /bin/date.away -d "+60 seconds" "$@"\\n\' >/bin/date; chmod +x /bin/date',
    ),
    Fault(
        "clock-ahead-3",
        "preflight.between.clock-advised",
        "the clock is three seconds ahead",
        'mv /bin/date /bin/date.away; printf \'#!/bin/sh\\nexec /bin/date.away -d "+3 seconds" "$@"\\n\' >/bin/date; chmod +x /bin/date',
    ),
    Fault(
        "unreadable-clock",
        "preflight.between.clock",
        "date fails",
        "printf '#!/bin/sh\\nexit 1\\n' >/bin/date",
        breaks=True,
    ),
    # reaching the node
    Fault(
        "ssh-closed",
        "preflight.users.node-reachable",
        "the SSH port is closed",
        "touch /run/lab/no-sshd; pkill -x sshd; true",
    ),
    Fault("node-dead", "preflight.users.node-reachable", "the node answers nothing at all", "ip link set eth0 down"),
    Fault("key-refused", "preflight.users.node-reachable", "no key is accepted", "rm -f /root/.ssh/authorized_keys"),
    Fault(
        "changed-host-key",
        "preflight.users.node-reachable",
        "the node has another host key than the known one",
        "ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/new && mv /etc/ssh/new /etc/ssh/ssh_host_ed25519_key; "
        "mv /etc/ssh/new.pub /etc/ssh/ssh_host_ed25519_key.pub",
    ),
    Fault(
        "dies-midway",
        "preflight.users.node-reachable",
        "the node dies while it is looked at",
        "printf '#!/bin/sh\\nip link set eth0 down\\nsleep 30\\n' >/usr/bin/uname; chmod +x /usr/bin/uname",
    ),
    # misbehaviour
    Fault(
        "hung-packages",
        "",
        "the package manager hangs, and does not end when told",
        "for c in rpm dpkg-query; do p=$(command -v $c) && { rm -f $p; printf '#!/bin/sh\\ntrap \"\" TERM\\nsleep 1000\\n' >$p; chmod +x $p; }; done; true",
    ),
    Fault(
        "flood",
        "",
        "the package manager prints 20 MB",
        "for c in rpm dpkg-query; do p=$(command -v $c) && { rm -f $p; printf '#!/bin/sh\\nyes 0123456789 | head -c 20000000\\n' >$p; chmod +x $p; }; done; true",
    ),
    Fault(
        "binary-junk",
        "",
        "snap prints binary junk",
        "printf '#!/bin/sh\\nhead -c 20000 /dev/urandom\\n' >/usr/bin/snap; chmod +x /usr/bin/snap",
    ),
    Fault(
        "banner",
        "",
        "a banner before and a message after the login",
        "printf 'Authorised use only \\033[5m!\\n' | tee /etc/issue.net >/etc/motd; echo 'Banner /etc/issue.net' >/etc/ssh/sshd_config.d/20-banner.conf",
    ),
    Fault("no-sudo", "", "sudo is not installed", "rm -f /usr/bin/sudo"),
)

FAULTS = {fault.name: fault for fault in _FAULTS}
