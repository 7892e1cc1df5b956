"""What is installed on a node: packages, programs, files, and Kubernetes that runs already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from acp_acceptance.model.sections import Section
    from acp_acceptance.model.storage import Mounts

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Packages:
    """Installed packages.

    Attributes:
        manager: ``rpm`` or ``dpkg``.
        installed: name to version, several with spaces between (kernels); dpkg's removed packages whose configuration
            is left are not among them.
        snaps: names of installed snaps; empty where snap is not installed.
    """

    manager: str
    installed: dict[str, str]
    snaps: tuple[str, ...]

    def owner_of_kernel(self, release: str, machine: str, names: Sequence[str]) -> str | None:
        """Give the package among ``names`` that brought a kernel.

        Args:
            release: the kernel's, as ``uname -r`` gives it.
            machine: as ``uname -m`` gives it.
            names: of packages that bring the distribution's own kernels; ``<release>`` stands for the release.
        """
        version = release.removesuffix(f".{machine}")
        candidates = [name.replace("<release>", release) for name in names]
        brought = (
            name for name in candidates if name.endswith(release) or version in self.installed.get(name, "").split()
        )
        return next((name for name in brought if name in self.installed), None)


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
        raise CollectionError("neither dpkg-query nor rpm is installed", kind="no-program")
    if not installed:
        raise CollectionError(
            f"the {manager} database holds no package at all, which no installed system shows", kind="unparsable"
        )
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
        raise CollectionError(f"the rpm database is damaged: {error}", kind="unparsable")
    installed: dict[str, str] = {}
    for name, _, version in (line.partition("\t") for line in text.splitlines() if line.strip()):
        if name != "gpg-pubkey":
            installed[name] = f"{installed[name]} {version}" if name in installed else version
    return installed


@dataclass(frozen=True)
class Programs:
    """Programs that were looked for in PATH: name to path, ``None`` where there is none."""

    found: dict[str, str | None]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Give those of ``names`` that are not installed.

        Raises:
            CollectionError: one of them was not looked for.
        """
        return [name for name in names if _looked_for(name, self.found) is None]


def _looked_for(name: str, found: Mapping[str, _Found]) -> _Found:
    if name not in found:
        raise CollectionError(f"this snapshot was not asked for {name}", kind="not-collected")
    return found[name]


def parse_programs(section: Section) -> Programs:
    """Read where each program is.

    Raises:
        CollectionError: the section is empty.
    """
    found: dict[str, str | None] = {name: section.text(name).removesuffix("\n") for name in section.parts}
    found.update(dict.fromkeys(section.absent))
    if not found:
        raise CollectionError("no program was looked for", kind="not-collected")
    return Programs(found)


@dataclass(frozen=True)
class Binaries:
    """Programs that lie in folders: folder to the names found there, of those that were looked for."""

    found: dict[str, tuple[str, ...]]

    def of(self, folders: Iterable[str], names: Sequence[str]) -> list[str]:
        """Give the paths of those of ``names`` that lie in ``folders``.

        Raises:
            CollectionError: a folder was not looked into.
        """
        return [f"{folder}/{name}" for folder in folders for name in _looked_for(folder, self.found) if name in names]


def parse_binaries(section: Section) -> Binaries:
    """Read the names found in each folder.

    Raises:
        CollectionError: the section is empty.
    """
    if not section.parts:
        raise CollectionError("no folder was looked into", kind="not-collected")
    return Binaries({folder: tuple(section.lines(folder)) for folder in section.parts})


@dataclass(frozen=True)
class Path:
    """A file or folder.

    Attributes:
        kind: as ``stat`` names it (``directory``, ``regular file``, ``symbolic link``).
        mode: permissions in octal digits.
        owner: user and group (``root:root``).
        entries: names in a folder, some 20 at most.
    """

    kind: str
    mode: str
    owner: str
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Paths:
    """Files and folders that were looked for; ``None`` where there is none."""

    found: dict[str, Path | None]

    def present(self, paths: Iterable[str]) -> list[str]:
        """Give those of ``paths`` that exist.

        Raises:
            CollectionError: one of them was not looked for.
        """
        return [path for path in paths if _looked_for(path, self.found) is not None]

    def entries(self, folder: str) -> tuple[str, ...]:
        """Give what a folder holds; nothing where it is not there.

        Raises:
            CollectionError: it was not looked for.
        """
        found = _looked_for(folder, self.found)
        return found.entries if found else ()

    def left_over(self, folders: Iterable[str], mounts: Mounts) -> list[str]:
        """Give folders that are left of an earlier installation.

        An empty mount point that was prepared for a folder (or one with ``lost+found`` only) is none.

        Raises:
            CollectionError: one of them was not looked for.
        """
        return [
            path
            for path in self.present(folders)
            if path not in mounts.options or set(self.entries(path)) - {"lost+found"}
        ]


def parse_paths(section: Section) -> Paths:
    """Read kind, permissions and owner of each path, and what a folder holds.

    Raises:
        CollectionError: one of them is there and cannot be read.
    """
    found: dict[str, Path | None] = dict.fromkeys(section.absent)
    for path in section.parts:
        first, *entries = section.text(path).splitlines()
        kind, mode, user, group = first.split("|")
        found[path] = Path(kind, mode, f"{user}:{group}", tuple(printable(name, limit=100) for name in entries if name))
    if not found:
        raise CollectionError("no path was looked for", kind="not-collected")
    return Paths(found)


@dataclass(frozen=True)
class EncryptionFile:
    """/etc/kubernetes/encryption-provider.conf, of which only a digest leaves the node.

    Attributes:
        present: it is there.
        mode: permissions in octal digits.
        owner: user and group.
        digest: SHA-256, computed on the node with a word of this run, so that it can be looked up nowhere: equal
            digests are equal files within one snapshot.
        key_names: names of the keys, each with the provider before it (``aescbc/key1``), in the file's order.
    """

    present: bool
    mode: str = ""
    owner: str = ""
    digest: str = ""
    key_names: tuple[str, ...] = ()


def parse_encryption(section: Section) -> EncryptionFile:
    """Read permissions and digest of the file.

    Raises:
        CollectionError: it is there and cannot be read.
    """
    text = section.optional("stat")
    if text is None:
        return EncryptionFile(present=False)
    mode, user, group = text.strip().split("|")
    digest = section.text("digest").split()[0]
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise CollectionError("sha256sum gave no digest of the encryption file", kind="unparsable")
    return EncryptionFile(
        present=True, mode=mode, owner=f"{user}:{group}", digest=digest, key_names=_key_names(section)
    )


def _key_names(section: Section) -> tuple[str, ...]:
    """Read the names of keys; each provider of each resource has names of its own."""
    names, provider, number = [], "", 0
    for line in section.lines("keys"):
        kind, _, word = line.partition(" ")
        if kind == "provider":
            provider, number = word, number + 1
        elif kind == "key":
            names.append(f"{provider or 'keys'}{number}/{printable(word, limit=63)}")
    return tuple(names)


@dataclass(frozen=True)
class Kubernetes:
    """Kubernetes that runs on the node: names of its processes, once each."""

    processes: tuple[str, ...]


def parse_kubernetes(section: Section) -> Kubernetes:
    """Read the names of processes that only Kubernetes has.

    Raises:
        CollectionError: the processes could not be listed.
    """
    return Kubernetes(tuple(sorted(set(section.lines("processes")))))
