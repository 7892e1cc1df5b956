"""What the kernel was told and given: boot parameters, huge pages, modules, swap; now and after a reboot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class BootSource:
    """One place that decides kernel parameters at the next boot.

    Attributes:
        path: the file.
        parameters: what each of its entries passes to the kernel.
    """

    path: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Boot:
    """The boot configuration: grub's defaults, its generated configuration, and boot loader entries."""

    sources: tuple[BootSource, ...]

    def holding(self, parameter: str) -> tuple[str, ...]:
        """Give the files in which at least one entry has ``parameter`` (``name=value``)."""
        return tuple(
            source.path for source in self.sources if any(parameter in entry.split() for entry in source.parameters)
        )


_BOOT_LINE = re.compile(
    r"""^\s*(?:GRUB_CMDLINE_LINUX(?:_DEFAULT)?=(?P<defaults>.*)
        |linux(?:16|efi)?\s+\S+\s+(?P<generated>.*)
        |options\s+(?P<entry>.*)
        |kernelopts=(?P<environment>.*))$""",
    re.VERBOSE | re.MULTILINE,
)


def parse_boot(section: Section) -> Boot:
    """Read kernel parameters from all files of the boot configuration that exist.

    Raises:
        CollectionError: none exists, or one cannot be read.
    """
    sources = []
    for path, text in section.named("file:").items():
        entries = (next(filter(None, match.groups()), "") for match in _BOOT_LINE.finditer(text))
        sources.append(BootSource(path, tuple(redacted(entry.strip("\"' ")) for entry in entries)))
    if not sources:
        raise CollectionError(
            "no boot configuration was found (grub defaults, grub.cfg, boot loader entries)", kind="absent"
        )
    return Boot(tuple(sources))


@dataclass(frozen=True)
class Hugepages:
    """Transparent huge pages in force now.

    Attributes:
        mode: ``always``, ``madvise`` or ``never``; ``None`` where the kernel has no such feature.
    """

    mode: str | None


def parse_hugepages(section: Section) -> Hugepages:
    """Read the selected word of ``always madvise [never]``.

    Raises:
        CollectionError: no word is selected.
    """
    text = section.optional("enabled")
    if text is None:
        return Hugepages(None)
    selected = re.search(r"\[(\w+)\]", text)
    if selected is None:
        raise CollectionError("no mode is selected in /sys/kernel/mm/transparent_hugepage/enabled", kind="unparsable")
    return Hugepages(selected[1])


@dataclass(frozen=True)
class Modules:
    """Kernel modules that are there to use.

    Attributes:
        loaded: names, with ``_`` for ``-``.
        builtin: names of those compiled into the kernel; empty where the list is not on the node.
        at_boot: names of those that a reboot loads.
        available: of those that were looked for, names that could be loaded.
        refused: names that modprobe's configuration keeps from being loaded.
    """

    loaded: frozenset[str]
    builtin: frozenset[str]
    at_boot: frozenset[str] = frozenset()
    available: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Give those of ``names`` that are neither loaded nor built in."""
        return [name for name in names if name not in self.loaded | self.builtin]

    def missing_at_boot(self, names: Iterable[str]) -> list[str]:
        """Give those of ``names`` that are neither built in nor loaded by a reboot."""
        return [name for name in names if name not in self.at_boot | self.builtin]

    def unusable(self, names: Iterable[str]) -> list[str]:
        """Give those of ``names`` that are not loaded, and could not be."""
        usable = self.loaded | self.builtin | (self.available - self.refused)
        return [name for name in names if name not in usable]


def parse_modules(section: Section) -> Modules:
    """Read the names in /sys/module, and modules.builtin.

    Raises:
        CollectionError: /sys/module cannot be listed, or is empty and there is no list of built-in modules either.
    """
    present = section.text("sys-module").split()
    builtin = section.optional("builtin")
    if not present and builtin is None:
        raise CollectionError("/sys/module is empty, and there is no modules.builtin", kind="unparsable")
    refused = [line.split() for line in _lines(section, "refused")]
    return Modules(
        frozenset(present),
        _names(builtin.splitlines() if builtin else ()),
        _names(_lines(section, "at-boot")),
        _names(_lines(section, "ipip")),
        # "install NAME /bin/true" keeps a module out; another command may well load it.
        _names(words[1] for words in refused if words[0] == "blacklist" or words[-1].endswith(("/true", "/false"))),
    )


def _names(lines: Iterable[str]) -> frozenset[str]:
    names = (line.strip().rpartition("/")[2].partition(".ko")[0].replace("-", "_") for line in lines)
    return frozenset(name for name in names if name)


def _lines(section: Section, name: str) -> list[str]:
    """Give what grep found in files that may be missing; that it found nothing is no failure of its."""
    part = section.parts.get(name)
    if part is None or part.status is None:
        raise CollectionError(f"{name} could not be read")
    return [line.strip() for line in part.text.splitlines() if line.strip()]


@dataclass(frozen=True)
class Swap:
    """Swap in use now, and what would bring it back after a reboot.

    Attributes:
        in_use: devices or files in /proc/swaps, with their size (``/dev/dm-1 (4.0 GiB)``).
        at_boot: what turns swap on at boot: lines of /etc/fstab, systemd swap units, zram generators.
    """

    in_use: tuple[str, ...]
    at_boot: tuple[str, ...]


_FSTAB_TYPE, _FSTAB_OPTIONS = 2, 3
_UNIT_STATES_AT_BOOT = {"enabled", "generated", "enabled-runtime", "linked", "linked-runtime"}


def parse_swap(section: Section) -> Swap:
    """Read /proc/swaps, /etc/fstab, systemd's swap units and zram's configuration.

    Raises:
        CollectionError: one of them is there and cannot be read, or /proc/swaps is missing.
    """
    header, *devices = section.lines("proc-swaps")
    if not header.startswith("Filename"):
        raise CollectionError("/proc/swaps does not begin with its header", kind="unparsable")
    in_use = []
    for line in devices:
        name, _kind, kibibytes, *_ = line.split()
        in_use.append(f"{name} ({int(kibibytes) / 2**20:.1f} GiB)")
    at_boot = []
    for line in (section.optional("fstab") or "").splitlines():
        fields = line.partition("#")[0].split()
        options = fields[_FSTAB_OPTIONS].split(",") if len(fields) > _FSTAB_OPTIONS else []
        if len(fields) > _FSTAB_TYPE and fields[_FSTAB_TYPE] == "swap" and "noauto" not in options:
            at_boot.append(f"/etc/fstab: {' '.join(fields)}")
    for line in (section.optional("systemctl") or "").splitlines():
        unit, state, *_ = [*line.split(), "", ""]
        if unit.endswith(".swap") and state in _UNIT_STATES_AT_BOOT:
            at_boot.append(f"systemd: {unit} ({state})")
    at_boot.extend(f"zram: {path}" for path, text in section.named("zram:").items() if text.strip())
    return Swap(tuple(in_use), tuple(at_boot))
