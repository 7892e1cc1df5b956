"""Disks and file systems that a node shows: folders over those of /sys, devices, and mounts of the sizes wanted.

The file systems are in memory, and take no more of it than what is written to them. The disks are only shown: their
numbers are ones that no kernel gives to a device, so that nothing can be read from this machine's own through them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.kernel_view import FOLDER

if TYPE_CHECKING:
    from lab.flavours import Flavour

SYSTEM_DISK = "sda"
_GIB = 2**30
_SECTOR = 512
_SYSTEM_DISK_BYTES = 1_200 * 10**9
_MAJORS = {"sd": 8, "dm": 253, "nv": 259}
_NO_KERNELS = 3800
"""Added to the numbers of drivers: a kernel gives them up to 511, and 4095 is the last that there can be."""
_MINORS_OF_A_DISK = 16


@dataclass(frozen=True)
class Volume:
    """A file system of a node.

    Attributes:
        place: where it is mounted.
        gib: its size in GiB.
        disk: on the system disk, ``sda``, there may be several; any other disk holds one, without a partition.
    """

    place: str
    gib: int
    disk: str = SYSTEM_DISK


@dataclass(frozen=True)
class Disks:
    """The disks of a node, and what is on them.

    Attributes:
        volumes: the file systems; one is ``/``, on the system disk.
        rotational: names of disks that rotate; the others do not.
    """

    volumes: tuple[Volume, ...]
    rotational: tuple[str, ...] = ()

    def problem(self) -> str:
        """Say why these disks cannot be; empty where they can."""
        if not self.volumes or (self.volumes[0].place, self.volumes[0].disk) != ("/", SYSTEM_DISK):
            return f"the first volume is /, on {SYSTEM_DISK}"
        others = [volume.disk for volume in self.volumes if volume.disk != SYSTEM_DISK]
        if len(set(others)) < len(others):
            return f"a disk other than {SYSTEM_DISK} holds one volume"
        if unknown := [name for name in others if name[:2] not in _MAJORS]:
            return f"a disk is called sdb or nvme0n1, for example, and not {unknown[0]}"
        return ""


_SHARED = (Volume("/", 600), Volume("/var/lib/containerd", 200), Volume("/cpaas", 300))
ROOT_ONLY = Disks((Volume("/", 600),))
USUAL = {
    "control_plane": Disks((*_SHARED, Volume("/var/lib/etcd", 100, "nvme0n1"))),
    "worker": Disks(_SHARED),
}
"""Disks of nodes for which nothing else is said, by role; the trees of flavours hold their files."""


@dataclass
class _Device:
    """A block device: a disk, a partition, or a logical volume."""

    name: str
    minor: int
    size: int
    rotational: bool = False
    parent: str = ""
    number: int = 0
    mapped: str = ""
    below: list[_Device] = field(default_factory=list)
    above: list[str] = field(default_factory=list)

    @property
    def major(self) -> int:
        return _MAJORS[self.name[:2]] + _NO_KERNELS

    @property
    def folder(self) -> str:
        return f"{self.parent}/{self.name}" if self.parent else self.name


@dataclass(frozen=True)
class Shown:
    """What a node must have so that its disks show.

    Attributes:
        files: path to content, below the folder of these disks.
        links: path to target, below the same folder.
        devices: of /dev: name to major and minor number.
        device_links: of /dev: path to target.
        mounts: place, source and GiB of each file system; the first is the root.
    """

    files: dict[str, str]
    links: dict[str, str]
    devices: dict[str, tuple[int, int]]
    device_links: dict[str, str]
    mounts: list[tuple[str, str, int]]


def shown(disks: Disks, volume_group: str) -> Shown:
    """Plan how disks show in a node whose volume group has this name; empty where it has none."""
    devices: list[_Device] = []
    sources: dict[str, str] = {}
    _add_system_disk(disks, volume_group, devices, sources)
    for volume in disks.volumes:
        if volume.disk != SYSTEM_DISK:
            minor = _MINORS_OF_A_DISK * sum(item.name[:2] == volume.disk[:2] and not item.parent for item in devices)
            devices.append(_Device(volume.disk, minor, volume.gib * _GIB, volume.disk in disks.rotational))
            sources[volume.place] = f"/dev/{volume.disk}"
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    for device in devices:
        files |= {f"block/{device.folder}/{name}": text for name, text in _sysfs_files(device).items()}
        links |= _sysfs_links(device)
    files["partitions"] = "major minor  #blocks  name\n\n" + "".join(
        f"{item.major:>4} {item.minor:>8} {item.size // 1024:>10} {item.name}\n" for item in devices
    )
    files["diskstats"] = "".join(f"{item.major:>4} {item.minor:>7} {item.name}{' 0' * 17}\n" for item in devices)
    return Shown(
        files,
        links,
        {device.name: (device.major, device.minor) for device in devices},
        {f"mapper/{device.mapped}": f"../{device.name}" for device in devices if device.mapped},
        [(volume.place, sources[volume.place], volume.gib) for volume in disks.volumes],
    )


def _add_system_disk(disks: Disks, volume_group: str, devices: list[_Device], sources: dict[str, str]) -> None:
    """Add the system disk: a partition to boot from, then one for each volume, or one for the volume group."""
    volumes = [volume for volume in disks.volumes if volume.disk == SYSTEM_DISK]
    room = sum(volume.gib for volume in volumes) * _GIB
    disk = _Device(SYSTEM_DISK, 0, max(_SYSTEM_DISK_BYTES, room + 4 * _GIB), SYSTEM_DISK in disks.rotational)
    devices.append(disk)

    def partition(size: int) -> _Device:
        number = sum(device.parent == disk.name for device in devices) + 1
        part = _Device(f"{disk.name}{number}", number, size, disk.rotational, disk.name, number)
        devices.append(part)
        return part

    partition(_GIB)
    if not volume_group:
        for volume in volumes:
            sources[volume.place] = f"/dev/{partition(volume.gib * _GIB).name}"
        return
    partition(_GIB)
    physical = partition(disk.size - 3 * _GIB)
    for number, volume in enumerate(volumes):
        name = f"{volume_group}-{volume.place.rpartition('/')[2] or 'root'}"
        device = _Device(f"dm-{number}", number, volume.gib * _GIB, disk.rotational, mapped=name, below=[physical])
        physical.above.append(device.name)
        devices.append(device)
        sources[volume.place] = f"/dev/mapper/{name}"


def _sysfs_files(device: _Device) -> dict[str, str]:
    texts: dict[str, object] = {
        "dev": f"{device.major}:{device.minor}",
        "size": device.size // _SECTOR,
        "ro": 0,
        "alignment_offset": 0,
        "stat": "0 " * 16 + "0",
        "uevent": f"MAJOR={device.major}\nMINOR={device.minor}\nDEVNAME={device.name}\n"
        f"DEVTYPE={'partition' if device.parent else 'disk'}",
    }
    if device.parent:
        texts |= {"partition": device.number, "start": 2048 * device.number}
    else:
        texts |= {
            "removable": 0,
            "range": _MINORS_OF_A_DISK,
            "queue/rotational": int(device.rotational),
            "queue/scheduler": "[mq-deadline] none",
            "queue/logical_block_size": _SECTOR,
            "queue/physical_block_size": _SECTOR,
            "queue/hw_sector_size": _SECTOR,
            "queue/minimum_io_size": _SECTOR,
            "queue/optimal_io_size": 0,
            "queue/discard_granularity": 0,
            "queue/discard_max_bytes": 0,
            "queue/read_ahead_kb": 128,
            "queue/nr_requests": 256,
        }
    if device.mapped:
        texts |= {"dm/name": device.mapped, "dm/uuid": f"LVM-{device.mapped:x>64}", "dm/suspended": 0}
    elif not device.parent:
        texts |= {"device/model": "Lab disk", "device/vendor": "LAB", "device/state": "running"}
    return {name: f"{text}\n" for name, text in texts.items()}


def _sysfs_links(device: _Device) -> dict[str, str]:
    """Give the links by which programs find a device by its name and number, and what it lies on."""
    links = {
        f"class/{device.name}": f"../../block/{device.folder}",
        f"dev/{device.major}:{device.minor}": f"../../block/{device.folder}",
    }
    up = "../" * (device.folder.count("/") + 2)
    links |= {f"block/{device.folder}/slaves/{item.name}": f"{up}{item.folder}" for item in device.below}
    return links | {f"block/{device.folder}/holders/{name}": f"{up}{name}" for name in device.above}


def disk_views(key: str) -> dict[str, str]:
    """Give the places in which disks show: place to source, both as paths in the node."""
    folder = f"/{FOLDER}/disks/{key}"
    return {
        "/sys/block": f"{folder}/block",
        "/sys/class/block": f"{folder}/class",
        "/sys/dev/block": f"{folder}/dev",
        "/proc/partitions": f"{folder}/partitions",
        "/proc/diskstats": f"{folder}/diskstats",
    }


def disk_tree(key: str, disks: Disks, flavour: Flavour) -> tuple[dict[str, str], dict[str, str]]:
    """Give the files and links of disks in a node's tree: path to content, path to target."""
    found = shown(disks, flavour.volume_group)
    folder = f"{FOLDER}/disks/{key}"
    return (
        {f"{folder}/{path}": text for path, text in found.files.items()},
        {f"{folder}/{path}": target for path, target in found.links.items()},
    )


def mount_table(mounts: list[tuple[str, str, int]], kind: str) -> str:
    """Give the text of /etc/fstab."""
    rows = (f"{source} {place} {kind} defaults 0 {1 if place == '/' else 2}\n" for place, source, _ in mounts)
    return "# device mount-point type options dump pass\n" + "".join(rows)
