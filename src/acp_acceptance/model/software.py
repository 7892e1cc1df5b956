"""Installed packages of a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Packages:
    """Installed packages.

    Attributes:
        manager: ``rpm`` or ``dpkg``.
        installed: name to version; dpkg's removed packages whose configuration is left are not among them.
        snaps: names of installed snaps; empty where snap is not installed.
    """

    manager: str
    installed: dict[str, str]
    snaps: tuple[str, ...]


def parse_packages(section: Section) -> Packages:
    """Read the package database.

    Raises:
        CollectionError: there is no package manager, or its database cannot be read or is empty.
    """
    if "dpkg-query" not in section.absent:
        manager, installed = "dpkg", _from_dpkg(section)
    elif "rpm" not in section.absent:
        manager, installed = "rpm", _from_rpm(section)
    else:
        raise CollectionError("neither dpkg-query nor rpm is installed")
    if not installed:
        raise CollectionError(f"the {manager} database holds no package at all, which no installed system shows")
    snaps = (section.optional("snap") or "").splitlines()[1:]
    return Packages(manager, installed, tuple(line.split()[0] for line in snaps if line.strip()))


def _from_dpkg(section: Section) -> dict[str, str]:
    installed = {}
    for line in section.lines("dpkg-query"):
        state, name, version = [*line.split("\t"), "", ""][:3]
        # The second letter is the state in force: i installed, c only configuration files left, n not installed.
        if state[1:2] not in {"", "c", "n"}:
            installed[name.partition(":")[0]] = version
    return installed


def _from_rpm(section: Section) -> dict[str, str]:
    text = section.text("rpm")
    error = section.parts["rpm"].error
    if error.startswith("error:"):
        # rpm reports a damaged database and still exits with 0.
        raise CollectionError(f"the rpm database is damaged: {error}")
    rows = (line.partition("\t") for line in text.splitlines() if line.strip())
    return {name: version for name, _, version in rows if name != "gpg-pubkey"}
