"""Operating system and kernel of a node, as the boot configuration and the running system show them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import redacted, version_numbers

if TYPE_CHECKING:
    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class OperatingSystem:
    """What /etc/os-release says, with the minor release that CentOS 7 keeps in another file.

    Attributes:
        id: ``ID`` of os-release, lower case (``rhel``, ``centos``, ``ubuntu``, ``kylin``).
        version: the release's number and, for Kylin, its code name (``8.6``, ``7.9``, ``22.04``, ``V10 (Lance)``).
        name: the name for people.
    """

    id: str
    version: str
    name: str


def parse_os(section: Section) -> OperatingSystem:
    """Read os-release, and centos-release where the minor release is missing there.

    Raises:
        CollectionError: os-release is missing or names no system.
    """
    values: dict[str, str] = {}
    for line in section.lines("os-release"):
        key, separator, value = line.partition("=")
        if separator and key.isidentifier():
            try:
                values[key] = " ".join(shlex.split(value))
            except ValueError:
                values[key] = value.strip("\"'")
    identity, version = values.get("ID", "").lower(), values.get("VERSION_ID", "")
    if not identity or not version:
        raise CollectionError("/etc/os-release names no ID and VERSION_ID")
    if identity == "centos" and "." not in version:
        full = re.search(r"release (\d+\.\d+)", section.optional("centos-release") or "")
        version = full[1] if full else version
    if identity == "kylin":
        version = values.get("VERSION", version)
    return OperatingSystem(identity, version, values.get("PRETTY_NAME", f"{identity} {version}"))


@dataclass(frozen=True)
class Kernel:
    """The running kernel.

    Attributes:
        release: as ``uname -r`` gives it (``4.18.0-372.9.1.el8.x86_64``).
        machine: hardware name (``x86_64``, ``aarch64``).
    """

    release: str
    machine: str

    @property
    def version(self) -> str:
        """The x.y.z part (``4.18.0``)."""
        return self.release.partition("-")[0]

    def is_at_least(self, build: str) -> bool:
        """Tell whether the kernel is ``build`` (``4.18.0-372.9.1``) or a newer one."""
        return version_numbers(self.release) >= version_numbers(build)


def parse_kernel(section: Section) -> Kernel:
    """Read the kernel's release and the machine's architecture.

    Raises:
        CollectionError: the release is no kernel release.
    """
    release = section.text("osrelease").strip()
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?[\w.+~-]*", release):
        raise CollectionError("the kernel's release is no version number")
    return Kernel(release, section.text("machine").strip())


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
        raise CollectionError("no boot configuration was found (grub defaults, grub.cfg, boot loader entries)")
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
        raise CollectionError("no mode is selected in /sys/kernel/mm/transparent_hugepage/enabled")
    return Hugepages(selected[1])


@dataclass(frozen=True)
class Modules:
    """Kernel modules that are there to use.

    Attributes:
        loaded: names, with ``_`` for ``-``.
        builtin: names of those compiled into the kernel; empty where the list is not on the node.
    """

    loaded: frozenset[str]
    builtin: frozenset[str]

    def missing(self, names: list[str]) -> list[str]:
        """Give those of ``names`` that are neither loaded nor built in."""
        return [name for name in names if name not in self.loaded and name not in self.builtin]


def parse_modules(section: Section) -> Modules:
    """Read the names in /sys/module, and modules.builtin.

    Raises:
        CollectionError: /sys/module cannot be listed, or is empty and there is no list of built-in modules either.
    """
    present = section.text("sys-module").split()
    builtin = section.optional("builtin")
    if not present and builtin is None:
        raise CollectionError("/sys/module is empty, and there is no modules.builtin")
    names = (line.rpartition("/")[2].partition(".ko")[0] for line in (builtin or "").splitlines())
    return Modules(frozenset(present), frozenset(name.replace("-", "_") for name in names if name))


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
        raise CollectionError("/proc/swaps does not begin with its header")
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
