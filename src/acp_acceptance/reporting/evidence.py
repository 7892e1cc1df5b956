"""Evidence that holds: digests of all files of a run, in the form that ``sha256sum --check`` reads, too."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class EvidenceError(Exception):
    """There is no manifest to hold files against, or it is none."""


@dataclass(frozen=True)
class Verified:
    """What came of holding a run's files against its manifest.

    Attributes:
        intact: how many files are as they were.
        changed: those that are not.
        missing: those that are gone.
        added: those that the manifest does not know.
    """

    intact: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all is as it was."""
        return not (self.changed or self.missing or self.added)


def write_manifest(folder: Path) -> Path:
    """Write the digests of all files of a run.

    Raises:
        OSError: a file cannot be read, or the manifest not be written.
    """
    lines = [f"{digest_of(folder / name)}  {name}\n" for name in sorted(_files(folder))]
    manifest = folder / MANIFEST
    manifest.write_text("".join(lines), encoding="utf-8")
    return manifest


def verify(folder: Path) -> Verified:
    """Hold the files of a run against its manifest.

    Raises:
        EvidenceError: there is no manifest, or it is none.
    """
    known = _manifest(folder)
    here = set(_files(folder))
    changed = [name for name in sorted(known.keys() & here) if digest_of(folder / name) != known[name]]
    return Verified(
        intact=len(known.keys() & here) - len(changed),
        changed=tuple(changed),
        missing=tuple(sorted(known.keys() - here)),
        added=tuple(sorted(here - known.keys())),
    )


def digest_of(file: Path) -> str:
    """Give the SHA-256 of a file; of a symbolic link, which no run writes, that of where it leads."""
    if file.is_symlink():
        return hashlib.sha256(os.fsencode(file.readlink())).hexdigest()
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _files(folder: Path) -> Iterator[str]:
    """Name all files below a folder but the manifest; links are named and not followed."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in (*names, *links):
            file = (Path(place) / name).relative_to(folder).as_posix()
            if file != MANIFEST:
                yield file


def _manifest(folder: Path) -> dict[str, str]:
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{folder}: its {MANIFEST} cannot be read: {error}") from error
    known = {}
    for number, line in enumerate(text.splitlines(), start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise EvidenceError(f"{folder / MANIFEST}:{number}: no line of a manifest: {printable(line, limit=80)}")
        known[found[2]] = found[1]
    if not known:
        raise EvidenceError(f"{folder / MANIFEST}: names no file")
    return known
