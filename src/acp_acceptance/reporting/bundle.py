"""A bundle for support: the record and what was observed, without secrets, listed before it is written."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.text import redacted

if TYPE_CHECKING:
    from pathlib import Path

_SECRET_KEY = re.compile(r"passw|secret|token|credential|api[_-]?key|private[_-]?key", re.IGNORECASE)
_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_TAKEN_OUT = "[redacted]"


@dataclass(frozen=True)
class Part:
    """One file of the bundle; ``redactions`` is how many values were taken out of it."""

    name: str
    content: bytes
    redactions: int


class Redaction:
    """Takes secrets out of a JSON document, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def of(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Give a value without secrets: texts that name one with its value, and texts below keys that are called so."""
        if isinstance(value, dict):
            return {key: self._below(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _below(self, key: str, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        if isinstance(value, str) and value and _SECRET_KEY.search(key):
            self.count += 1
            return _TAKEN_OUT
        return self.of(value)

    def _text(self, text: str) -> str:
        clean = redacted(_BLOCK.sub(_TAKEN_OUT, text))
        self.count += clean != text
        return clean


def parts_of(folder: Path) -> list[Part]:
    """Give what a bundle of a run holds: its record and its snapshot; reports can be made of these again.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is no JSON.
    """
    snapshot = folder / "snapshot"
    files = [folder / "results.json", *sorted(file for file in snapshot.rglob("*.json") if not file.is_symlink())]
    return [_part(folder, file) for file in files]


def _part(folder: Path, file: Path) -> Part:
    redaction = Redaction()
    document = redaction.of(json.loads(file.read_text(encoding="utf-8")))
    content = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
    return Part(file.relative_to(folder).as_posix(), content + b"\n", redaction.count)


def write_bundle(parts: list[Part], name: str, file: Path) -> None:
    """Write parts as ``.tar.gz``, the same bytes for the same parts.

    Args:
        parts: what it holds.
        name: folder that they are in.
        file: where to; must not be there yet.

    Raises:
        OSError: it cannot be written.
    """
    with (
        file.open("xb") as stream,
        gzip.GzipFile(fileobj=stream, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for part in parts:
            member = tarfile.TarInfo(f"{name}/{part.name}")
            member.size, member.mode = len(part.content), 0o600
            archive.addfile(member, io.BytesIO(part.content))
    file.chmod(0o600)
