"""Operating system and kernel of a node."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import version_numbers

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
        raise CollectionError("/etc/os-release names no ID and VERSION_ID", kind="unparsable")
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
        raise CollectionError("the kernel's release is no version number", kind="unparsable")
    return Kernel(release, section.text("machine").strip())
