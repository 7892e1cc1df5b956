"""Processors and memory of a node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.sections import Part

if TYPE_CHECKING:
    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Cpu:
    """Processors that are online.

    Attributes:
        cores: logical processors, which is what a guide means by a core of a virtual machine.
        model: the model's name; empty where the kernel gives none.
        part: implementer and part number of an arm64 processor (``0x48/0xd01``); empty elsewhere.
    """

    cores: int
    model: str
    part: str = ""


def parse_cpu(section: Section) -> Cpu:
    """Count the processors in /proc/cpuinfo.

    Raises:
        CollectionError: it lists none.
    """
    text = section.text("cpuinfo")
    cores = len(re.findall(r"^processor\s*:", text, re.MULTILINE))
    if not cores:
        raise CollectionError("/proc/cpuinfo lists no processor", kind="unparsable")
    model = re.search(r"^(?:model name|Model Name|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    numbers = [re.search(rf"^CPU {name}\s*:\s*(0x[0-9a-f]+)$", text, re.MULTILINE) for name in ("implementer", "part")]
    part = "/".join(found[1] for found in numbers if found)
    return Cpu(cores, model[1].strip() if model else "", part)


@dataclass(frozen=True)
class Frequency:
    """Clock rate and frequency scaling of the processors.

    Attributes:
        governors: those in use; empty where the kernel does not scale the frequency (virtual machines mostly).
        nominal: clock rate in GHz without turbo; ``None`` where nothing tells it.
        source: what told it.
    """

    governors: tuple[str, ...]
    nominal: float | None
    source: str

    @property
    def gigahertz(self) -> float:
        """The nominal clock rate.

        Raises:
            CollectionError: nothing on the node tells it.
        """
        if self.nominal is None:
            raise CollectionError(
                "neither the processor's name nor firmware or kernel tell its nominal clock rate", kind="unclear"
            )
        return self.nominal


def parse_frequency(section: Section) -> Frequency:
    """Read governors, and the nominal clock rate from the first that tells it.

    That is: the kernel's base frequency, the processor's name (``@ 2.60GHz``), the firmware's current speed, the
    greatest rate that is in use now (which a virtual machine shows as nominal).

    Raises:
        CollectionError: something is there and cannot be read.
    """
    governors = tuple(section.lines("governors")) if "governors" in section.parts else ()
    scaling = {name.rpartition("/")[2]: text for name, text in section.named("cpufreq:").items()}
    # Of an arm64 processor /proc/cpuinfo says neither, and grep finds nothing.
    info = "" if section.parts.get("cpuinfo") == Part(1, "") else section.text("cpuinfo")
    firmware = section.parts["dmidecode"].text if "dmidecode" in section.parts else ""
    # Without scaling the rate in use is the nominal one.
    readings = [
        ("base_frequency", _highest(r"^(\d+)$", scaling.get("base_frequency", ""), 1e6)),
        ("processor's name", _highest(r"@ ([\d.]+)\s*GHz", info, 1)),
        ("firmware", _highest(r"Current Speed: (\d+) MHz", firmware, 1000)),
        # arm64 gives its processors no name, and has no turbo beyond this.
        (
            "cpuinfo_max_freq",
            None if "model name" in info else _highest(r"^(\d+)$", scaling.get("cpuinfo_max_freq", ""), 1e6),
        ),
        ("/proc/cpuinfo", None if governors else _highest(r"^cpu MHz\s*:\s*([\d.]+)$", info, 1000)),
    ]
    source, nominal = next(((name, value) for name, value in readings if value), ("", None))
    return Frequency(governors, nominal, source)


def _highest(pattern: str, text: str, unit: float) -> float | None:
    """Give the greatest number that a pattern finds, divided by a unit, or ``None``."""
    found = [float(number) / unit for number in re.findall(pattern, text, re.MULTILINE)]
    return round(max(found), 2) if found else None


@dataclass(frozen=True)
class Overcommit:
    """Signs that the host of a virtual machine has promised more than it has.

    Attributes:
        steal_percent: share of time since the start in which the host ran something else.
        ballooned: pages that the host has taken back and not returned; ``None`` where the kernel does not count them.
    """

    steal_percent: float
    ballooned: int | None

    @property
    def ballooned_mebibytes(self) -> int:
        """Memory that the host has taken back, in MiB.

        Raises:
            CollectionError: the kernel does not count it.
        """
        if self.ballooned is None:
            raise CollectionError("the kernel keeps no count of ballooned memory", kind="unclear")
        return self.ballooned * 4096 // 2**20


_STEAL = 7


def parse_overcommit(section: Section) -> Overcommit:
    """Read the first line of /proc/stat, and the balloon's counters of /proc/vmstat.

    Raises:
        CollectionError: /proc/stat has no line of that form.
    """
    ticks = [int(word) for word in section.text("stat").split()[1:]]
    if len(ticks) <= _STEAL or not sum(ticks[: _STEAL + 1]):
        raise CollectionError("/proc/stat counts no steal time", kind="unparsable")
    vmstat = section.parts.get("vmstat")
    pages = dict(line.split() for line in vmstat.text.splitlines()) if vmstat else {}
    ballooned = None
    if "balloon_inflate" in pages:
        ballooned = max(0, int(pages["balloon_inflate"]) - int(pages.get("balloon_deflate", 0)))
    return Overcommit(round(100 * ticks[_STEAL] / sum(ticks[: _STEAL + 1]), 2), ballooned)


@dataclass(frozen=True)
class Memory:
    """Memory as the kernel counts it, in bytes (a little less than what is built in)."""

    total: int

    @property
    def gibibytes(self) -> float:
        """The same in GiB, rounded to one decimal place."""
        return round(self.total / 2**30, 1)

    def holds(self, gigabytes: float) -> bool:
        """Tell whether a machine sold with ``gigabytes`` of memory would report this much.

        The kernel and a crash dump reservation take their part before MemTotal is counted: a machine of 16 GiB reports
        some 15.0 to 15.6. Counting the required size in decimal gigabytes (16 GB = 14.9 GiB) leaves just that room.
        """
        return self.total >= gigabytes * 10**9


def parse_memory(section: Section) -> Memory:
    """Read MemTotal of /proc/meminfo.

    Raises:
        CollectionError: it is not there.
    """
    found = re.search(r"^MemTotal:\s+(\d+) kB$", section.text("meminfo"), re.MULTILINE)
    if found is None:
        raise CollectionError("/proc/meminfo has no MemTotal", kind="unparsable")
    return Memory(int(found[1]) * 1024)
