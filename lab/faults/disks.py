"""Faults of disks and file systems."""

from __future__ import annotations

from lab.faults.fault import Fault, instead

_SPACE = "preflight.capacity.disk-space"
_PACKAGE = "preflight.capacity.package-space"
_SSD = "preflight.capacity.disk-ssd"
_ETCD = "preflight.capacity.etcd-disk-isolated"
_EXECUTION = "preflight.software.tmp-exec"


def _mounted(place: str, gib: int) -> str:
    return f"mkdir -p {place}\nmount -t tmpfs -o size={gib}g /dev/sdb1 {place}"


FAULTS = (
    Fault("disk-small", _SPACE, "/cpaas has 20 GiB", _mounted("/cpaas", 20)),
    Fault(
        "disk-full",
        _SPACE,
        "the root is 85 % full",
        instead("df", '/usr/lib/lab/real/df "$@" | awk \'$NF == "/" { $3 = int($2 * 0.85) } { print }\''),
    ),
    Fault(
        "unreadable-disks",
        _SPACE,
        "df fails",
        instead("df", "exit 1"),
        breaks=True,
    ),
    Fault(
        "package-space-50", _PACKAGE, "50 GiB for the package", _mounted("/root/cpaas-install", 50), plan="installer"
    ),
    Fault(
        "unreadable-package-space",
        _PACKAGE,
        "df fails on the installer node",
        instead("df", "exit 1"),
        breaks=True,
        plan="installer",
    ),
    Fault(
        "disk-rotates", _SSD, "the system disk rotates", "echo 1 >/sys/block/sda/queue/rotational", plan="release-4.0"
    ),
    Fault(
        "no-lsblk",
        _SSD,
        "lsblk is not installed",
        "rm $(command -v lsblk)",
        breaks=True,
        plan="release-4.0",
        also=(_ETCD,),
    ),
    Fault("etcd-on-root", _ETCD, "etcd is on the root's disk", "umount /var/lib/etcd", plan="release-4.0"),
    Fault(
        "tmp-noexec",
        _EXECUTION,
        "the folder for temporary files is mounted noexec",
        "mount -t tmpfs -o noexec tmpfs /tmp",
    ),
    Fault(
        "unreadable-mounts",
        _EXECUTION,
        "/proc/self/mounts cannot be read",
        instead("head", 'case "$*" in */proc/self/mounts) exit 1 ;; esac\nexec /usr/lib/lab/real/head "$@"'),
        breaks=True,
        also=("preflight.software.leftover-folders",),
    ),
)
