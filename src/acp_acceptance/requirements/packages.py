"""Which installed packages conflict with the platform."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.model.software import Packages


def conflicting(packages: Packages, names: Sequence[str], families: Sequence[str], snaps: Sequence[str]) -> list[str]:
    """Give installed packages that have one of the ``names``, or belong to one of the ``families`` (globs)."""
    found = [
        f"{name} {version}" for name, version in sorted(packages.installed.items()) if _conflicts(name, names, families)
    ]
    return found + [f"{name} (snap)" for name in packages.snaps if name in snaps]


def similar(packages: Packages, names: Sequence[str], families: Sequence[str]) -> list[str]:
    """Give installed packages whose names merely contain one of the ``names``, as the guides' commands find them."""
    return [
        f"{name} {version}"
        for name, version in sorted(packages.installed.items())
        if any(part in name for part in names) and not _conflicts(name, names, families)
    ]


def matching(packages: Packages, globs: Sequence[str]) -> list[str]:
    """Give installed packages whose names match one of ``globs``."""
    return sorted(name for name in packages.installed if any(fnmatchcase(name, glob) for glob in globs))


def _conflicts(name: str, names: Sequence[str], families: Sequence[str]) -> bool:
    return name in names or any(fnmatchcase(name, family) for family in families)
