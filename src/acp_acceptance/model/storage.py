"""File systems of a node, the folders they hold, and the disks below them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.model.sections import Section

_GIGABYTE = 10**9


@dataclass(frozen=True)
class Mounts:
    """What is mounted: place to options, in the order of mounting (the last one of a place counts)."""

    options: dict[str, tuple[str, ...]]

    def options_of(self, folder: str) -> tuple[str, ...]:
        """Give the mount options in force for a folder.

        Raises:
            CollectionError: no mount holds it.
        """
        place = folder
        while place not in self.options:
            if place == "/":
                raise CollectionError("/proc/self/mounts has no root", kind="unparsable")
            place = place.rpartition("/")[0] or "/"
        return self.options[place]


def parse_mounts(section: Section) -> Mounts:
    r"""Read /proc/self/mounts, in which spaces are written as ``\040``.

    Raises:
        CollectionError: it is empty.
    """
    options: dict[str, tuple[str, ...]] = {}
    for line in section.lines("mounts"):
        _source, place, _kind, words, *_ = line.split()
        options[place.replace("\\040", " ")] = tuple(words.split(","))
    if not options:
        raise CollectionError("/proc/self/mounts is empty", kind="unparsable")
    return Mounts(options)


@dataclass(frozen=True)
class FileSystem:
    """A mounted file system.

    Attributes:
        device: what is mounted.
        place: where.
        size: bytes.
        used: bytes.
    """

    device: str
    place: str
    size: int
    used: int

    @property
    def free_gigabytes(self) -> float:
        """Decimal gigabytes that are not used."""
        return round((self.size - self.used) / _GIGABYTE, 1)

    @property
    def used_percent(self) -> float:
        """How full it is."""
        return round(100 * self.used / self.size, 1) if self.size else 100.0


@dataclass(frozen=True)
class Disk:
    """A block device.

    Attributes:
        name: the kernel's (``dm-0``).
        alias: the one people know (``rl-root``).
        parent: the kernel's name of the device below; empty for a whole disk.
        kind: ``disk``, ``part``, ``lvm``, ``raid1``, ``loop`` ...
        rotating: the kernel takes it for a disk that turns.
    """

    name: str
    alias: str
    parent: str
    kind: str
    rotating: bool


@dataclass(frozen=True)
class FileSystems:
    """The file systems that hold the platform's folders.

    Attributes:
        folders: folder to the place of the file system that holds it, or would when it is made.
        systems: by place.
        disks: block devices, one entry for each device below (a mirror has two); ``None`` where they were not seen.
    """

    folders: dict[str, str]
    systems: dict[str, FileSystem]
    disks: tuple[Disk, ...] | None

    def of(self, folder: str) -> FileSystem:
        """Give the file system of a folder.

        Raises:
            CollectionError: the folder was not looked at.
        """
        place = self.folders.get(folder)
        if place is None:
            raise CollectionError(f"the node was not asked for the file system of {folder}", kind="not-collected")
        return self.systems[place]

    def too_small(self, needed: Mapping[str, float]) -> list[dict[str, object]]:
        """Give file systems that have less room than the folders they hold need together.

        Args:
            needed: folder to decimal gigabytes. What lies on the root already counts as part of what ``/`` needs.

        Raises:
            CollectionError: a folder was not looked at.
        """
        shared: dict[str, list[str]] = {}
        for folder in needed:
            shared.setdefault(self.of(folder).place, []).append(folder)
        faults: list[dict[str, object]] = []
        for place, folders in shared.items():
            system = self.systems[place]
            expected = needed["/"] * _GIGABYTE if "/" in folders else 0
            room = system.size - max(0.0, system.used - expected)
            wanted = sum(needed[folder] for folder in folders)
            if room < wanted * _GIGABYTE:
                faults.append(
                    {
                        "place": place,
                        "device": system.device,
                        "room": round(room / _GIGABYTE, 1),
                        "needed": wanted,
                        "folders": folders,
                    }
                )
        return faults

    def whole_disks(self, folder: str) -> list[Disk]:
        """Give the whole disks below a folder's file system.

        Raises:
            CollectionError: they cannot be told (a network file system, a device that lsblk does not show).
        """
        if self.disks is None:
            raise CollectionError("lsblk is not installed, so that disks cannot be told", kind="no-program")
        system = self.of(folder)
        alias = system.device.rpartition("/")[2]
        below = [disk for disk in self.disks if alias in {disk.name, disk.alias}]
        for _ in range(_DEEPEST):
            parents = {disk.parent for disk in below if disk.parent}
            if not parents:
                break
            below = [disk for disk in below if not disk.parent] + [disk for disk in self.disks if disk.name in parents]
        if not below:
            raise CollectionError(f"{system.device}, which holds {folder}, is no disk that lsblk shows", kind="unclear")
        return list(dict.fromkeys(below))

    def disk_names(self, folder: str) -> list[str]:
        """Give the names of the whole disks below a folder's file system.

        Raises:
            CollectionError: as :meth:`whole_disks`.
        """
        return [disk.name for disk in self.whole_disks(folder)]


_DEEPEST = 8
_PAIR = re.compile(r'([A-Z:%-]+)="([^"]*)"')
_DF_LINE = re.compile(r"^(?P<device>\S.*?)\s+(?P<size>\d+)\s+(?P<used>\d+)\s+-?\d+\s+\S+\s+(?P<place>/.*)$")


def parse_filesystems(section: Section) -> FileSystems:
    """Read ``df -P -k`` of the nearest existing folders, and lsblk.

    Raises:
        CollectionError: df fails or does not answer for each folder.
    """
    holders = dict(line.split(" ", 1) for line in section.lines("folders"))
    rows = [found for line in section.lines("df")[1:] if (found := _DF_LINE.match(line))]
    if len(rows) != len(holders):
        raise CollectionError(f"df answered for {len(rows)} of {len(holders)} folders", kind="incomplete")
    systems, folders = {}, {}
    for folder, row in zip(holders, rows, strict=True):
        folders[folder] = row["place"]
        systems[row["place"]] = FileSystem(
            row["device"], row["place"], int(row["size"]) * 1024, int(row["used"]) * 1024
        )
    disks = section.optional("lsblk")
    return FileSystems(folders, systems, None if disks is None else tuple(map(_disk, disks.splitlines())))


def _disk(line: str) -> Disk:
    values = dict(_PAIR.findall(line))
    return Disk(values["KNAME"], values["NAME"], values["PKNAME"], values["TYPE"], values["ROTA"] == "1")
