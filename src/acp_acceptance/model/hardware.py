"""Processors and memory of a node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Cpu:
    """Processors that are online.

    Attributes:
        cores: logical processors, which is what a guide means by a core of a virtual machine.
        model: the model's name; empty where the kernel gives none.
    """

    cores: int
    model: str


def parse_cpu(section: Section) -> Cpu:
    """Count the processors in /proc/cpuinfo.

    Raises:
        CollectionError: it lists none.
    """
    text = section.text("cpuinfo")
    cores = len(re.findall(r"^processor\s*:", text, re.MULTILINE))
    if not cores:
        raise CollectionError("/proc/cpuinfo lists no processor")
    model = re.search(r"^(?:model name|Model Name|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    return Cpu(cores, model[1].strip() if model else "")


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
        raise CollectionError("/proc/meminfo has no MemTotal")
    return Memory(int(found[1]) * 1024)
