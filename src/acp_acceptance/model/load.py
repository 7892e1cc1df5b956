"""What a node's disks do under load: rates of writing, and how long a synchronous write takes.

Everything is what ``dd`` says of itself: ``8192 bytes (8.2 kB, 8.0 KiB) copied, 0.000123 s, 66 MB/s`` (GNU; older ones
say less in the brackets) or ``8192 bytes (8.0KB) copied, 0.000123 seconds, 63.5MB/s`` (busybox).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from acp_acceptance.model.sections import Part, Section

FEWEST_SAMPLES = 50
_COPIED = re.compile(
    r"^(\d{1,15}) bytes\b[^\n]* copied, (\d[\d.]{0,20}(?:e[+-]?\d{1,3})?) s(?:ec(?:onds?)?)?\b", re.MULTILINE
)
_PERCENTILE = 0.99


@dataclass(frozen=True)
class Copied:
    """What one ``dd`` said: how many bytes it wrote, in how many seconds."""

    size: int
    seconds: float


def parse_copied(text: str) -> list[Copied]:
    """Read all closing lines of ``dd`` in a text, in their order."""
    return [Copied(int(size), float(seconds)) for size, seconds in _COPIED.findall(text)]


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest of ``values`` that at least this share of them does not exceed (nearest rank).

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _copied(section: Section, part: str) -> list[Copied]:
    text = section.text(part)
    copied = parse_copied(text)
    if not copied:
        said = printable(text, limit=100) or "nothing"
        raise CollectionError(f"dd of this node does not say how long it wrote (it said: {said})", kind="unparsable")
    return copied


@dataclass(frozen=True)
class SyncWrites:
    """Synchronous writes of 8 kB, one after the other, as etcd's log makes them.

    Attributes:
        folder: of which the file system was measured.
        place: where the file was, the nearest folder that exists.
        samples: how many writes.
        p99: seconds that 99 of 100 writes do not exceed.
        mean: seconds of one write.
    """

    folder: str
    place: str
    samples: int
    p99: float
    mean: float

    @property
    def milliseconds(self) -> float:
        """The 99th percentile in milliseconds."""
        return round(self.p99 * 1000, 2)

    @property
    def operations_per_second(self) -> int:
        """Sequential synchronous writes a second."""
        return round(1 / self.mean) if self.mean else 10**9


def parse_sync_writes(section: Section, folder: str) -> SyncWrites:
    """Read the samples of synchronous writes.

    Raises:
        CollectionError: they were refused, or there are too few.
    """
    place = _place(section, folder)[0]
    samples = [copied.seconds for copied in _copied(section, f"sync:{folder}")]
    if len(samples) < FEWEST_SAMPLES:
        raise CollectionError(
            f"only {len(samples)} of at least {FEWEST_SAMPLES} synchronous writes could be timed", kind="too-early"
        )
    return SyncWrites(folder, place, len(samples), percentile(samples, _PERCENTILE), sum(samples) / len(samples))


@dataclass(frozen=True)
class DiskRate:
    """One file system under load.

    Attributes:
        folders: those that it holds, or will hold.
        device: as ``df`` names it.
        mode: ``direct`` (past the page cache), ``dsync`` (each write waits for the disk), or ``sync`` (the last of each
            32 MiB does), where the node's ``dd`` can do no better.
        bytes_per_second: of sequential writes of 1 MiB.
        operations_per_second: of parallel writes of 4 kB; ``None`` where its ``dd`` knows only the last mode.
    """

    folders: tuple[str, ...]
    device: str
    mode: str
    bytes_per_second: int
    operations_per_second: int | None

    @property
    def megabytes_per_second(self) -> int:
        """The rate in MB/s, as disks are sold."""
        return self.bytes_per_second // 10**6

    @property
    def operations(self) -> int:
        """Parallel writes a second.

        Raises:
            CollectionError: the node's ``dd`` cannot show it.
        """
        if self.operations_per_second is None:
            raise CollectionError(
                f"dd of this node can write to {self} neither directly nor synchronously", kind="unclear"
            )
        return self.operations_per_second

    def __str__(self) -> str:
        return f"{self.device} ({', '.join(self.folders)})"


@dataclass(frozen=True)
class DiskRates:
    """All file systems of a node that were put under load."""

    disks: tuple[DiskRate, ...]

    def holding(self, folder: str) -> DiskRate:
        """Give the file system that holds a folder.

        Raises:
            CollectionError: it was not measured.
        """
        for disk in self.disks:
            if folder in disk.folders:
                return disk
        raise CollectionError(f"the file system of {folder} was not measured", kind="not-collected")


def parse_disk_rates(section: Section, folders: Sequence[str]) -> DiskRates:
    """Read the rates of the file systems that hold ``folders``.

    Raises:
        CollectionError: one of them was refused or could not be measured.
    """
    held: dict[str, list[str]] = {}
    for folder in folders:
        held.setdefault(_place(section, folder)[1], []).append(folder)
    return DiskRates(tuple(_rate(section, tuple(together)) for together in held.values()))


def _rate(section: Section, folders: tuple[str, ...]) -> DiskRate:
    first = folders[0]
    if f"refused:{first}" in section.parts:
        raise CollectionError(section.text(f"refused:{first}").strip())
    sequential = _copied(section, f"sequential:{first}")
    seconds = sum(copied.seconds for copied in sequential) or math.inf
    return DiskRate(
        folders=folders,
        device=_place(section, first)[2],
        mode=section.text(f"mode:{first}").strip(),
        bytes_per_second=int(sum(copied.size for copied in sequential) / seconds),
        operations_per_second=_operations_per_second(section.parts.get(f"parallel:{first}"), first),
    )


_BLOCK = 4096


def _operations_per_second(part: Part | None, folder: str) -> int | None:
    """Add up rounds of writers that write at the same time; a round takes as long as its slowest writer."""
    if part is None:
        return None
    operations, seconds = 0, 0.0
    for writers, said in _rounds(part.text):
        if len(said) != writers:
            raise CollectionError(
                f"{writers - len(said)} of {writers} writers to {folder} said no time", kind="incomplete"
            )
        operations += sum(copied.size for copied in said) // _BLOCK
        seconds += max(copied.seconds for copied in said)
    if not operations or seconds <= 0:
        raise CollectionError(f"dd said no time of parallel writes to {folder}", kind="unparsable")
    return int(operations / seconds)


def _rounds(text: str) -> Iterator[tuple[int, list[Copied]]]:
    for chunk in text.split("round ")[1:]:
        writers, _, said = chunk.partition("\n")
        yield int(writers), parse_copied(said)


def _place(section: Section, folder: str) -> tuple[str, str, str]:
    """Give the nearest folder that exists, its mount point and its device."""
    if f"refused:{folder}" in section.parts:
        raise CollectionError(section.text(f"refused:{folder}").strip())
    match section.text(f"place:{folder}").split():
        case [place, mount, device]:
            return place, mount, device
    raise CollectionError(f"df said nothing that is known of {folder}", kind="unparsable")
