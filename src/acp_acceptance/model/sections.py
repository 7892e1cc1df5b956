"""The framed text a probe prints, taken apart: sections, and in them parts.

A probe prints, for each fact, a section of parts; a part is a file's content or a command's output. Marker lines
begin with a random word that the node learns only when the probe runs, so no content can imitate them::

    <nonce> section swap
    <nonce> part proc-swaps
    Filename  Type  Size ...
    <nonce> done proc-swaps 0
    <nonce> absent fstab
    <nonce> end swap 0
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable

PART_LIMIT = 4 * 2**20
"""Bytes of one part that are kept; the probe cuts there too."""

_STATUS_DIGITS = 3


@dataclass(frozen=True)
class Part:
    """A file's content or a command's output.

    Attributes:
        status: exit status of what printed it; ``None`` where its end was never seen (cut, killed, hung).
        text: what it printed on standard output, decoded as UTF-8 with replacement.
        error: what it printed on standard error, on one line.
    """

    status: int | None
    text: str
    error: str = ""


@dataclass(frozen=True)
class Section:
    """One section of a probe's output.

    Attributes:
        parts: by name, what was printed.
        absent: files that do not exist and commands that are not installed.
        status: exit status of the section; ``None`` when it did not end by itself.
    """

    name: str
    parts: dict[str, Part] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    status: int | None = 0

    @property
    def digest(self) -> bytes:
        """What it holds, as one word."""
        held = (self.name, self.status, sorted(self.absent), self.parts)
        return hashlib.sha256(repr(held).encode("utf-8", "backslashreplace")).digest()

    def text(self, name: str) -> str:
        """Give the whole text of a part that must be there and must have been read without error.

        Raises:
            CollectionError: it is absent, unreadable, cut or failed.
        """
        if name in self.absent:
            raise CollectionError(f"{name} does not exist", kind="absent")
        part = self.parts.get(name)
        if part is None:
            raise CollectionError(f"the probe ended before it read {name}", kind="cut-off")
        if part.status is None:
            raise CollectionError(f"{name} was cut: it printed too much, or did not end in time", kind="cut-off")
        if part.status != 0:
            detail = f": {part.error}" if part.error else ""
            raise CollectionError(f"{name} could not be read (exit status {part.status}){detail}")
        return part.text

    def optional(self, name: str) -> str | None:
        """Give the text of a part, or ``None`` where the file or command is absent.

        Raises:
            CollectionError: it is there and could not be read.
        """
        return None if name in self.absent else self.text(name)

    def lines(self, name: str) -> list[str]:
        """Give the non-empty lines of a part that must be there, stripped.

        Raises:
            CollectionError: as :meth:`text`.
        """
        return [line for line in map(str.strip, self.text(name).splitlines()) if line]

    def named(self, prefix: str) -> dict[str, str]:
        """Give the texts of all parts whose name starts with ``prefix``, by the rest of the name.

        Raises:
            CollectionError: one of them could not be read.
        """
        return {name[len(prefix) :]: self.text(name) for name in self.parts if name.startswith(prefix)}


class _Reader:
    """Collects the marker lines and contents of one stream into sections."""

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {}
        self.words: dict[str, str] = {}

    def read(self, data: bytes, nonce: str) -> None:
        section: dict[str, Part] = {}
        absent: set[str] = set()
        name = part = ""
        cut = False
        # Content need not end with a line feed: the probe puts one before each marker, and it is taken off here.
        for chunk in data.split(b"\n" + nonce.encode() + b" ")[1:]:
            marker, _, content = chunk.partition(b"\n")
            match marker.decode("utf-8", "replace").split(" "):
                case ["section", name]:
                    section, absent = {}, set()
                    self.sections[name] = Section(name, section, frozenset(), None)
                case ["absent", what]:
                    absent.add(what)
                case ["part", part]:
                    # The probe cuts a file without a word; what has just the limit's size may have gone on.
                    cut = len(content) >= PART_LIMIT
                    section[part] = Part(None, content[:PART_LIMIT].decode("utf-8", "replace"))
                case ["done", what, status] if what == part and part in section and not cut:
                    section[part] = Part(_number(status), section[part].text)
                case ["end", what, status] if what == name:
                    self.sections[name] = Section(name, section, frozenset(absent), _number(status))
                case ["say", word, *value]:
                    self.words[word] = " ".join(value)


def _number(status: str) -> int | None:
    """Read an exit status; what is none (``timeout``, junk) is as if the end was never seen."""
    return int(status) if status.isascii() and status.isdigit() and len(status) <= _STATUS_DIGITS else None


@dataclass(frozen=True)
class ProbeOutput:
    """A probe's whole output.

    Attributes:
        sections: by name; those that did not end have ``status`` ``None``.
        words: single values the probe said about itself (who it ran as).
        complete: the probe's last word was seen.
    """

    sections: dict[str, Section]
    words: dict[str, str]
    complete: bool


def read_probe(stdout: bytes, stderr: bytes, nonce: str) -> ProbeOutput:
    """Take a probe's output apart. Whatever stands before the first marker (banner, motd) is no part of it."""
    out, err = _Reader(), _Reader()
    out.read(b"\n" + stdout, nonce)
    err.read(b"\n" + stderr, nonce)
    sections: dict[str, Section] = {}
    for name, section in out.sections.items():
        errors = err.sections[name].parts if name in err.sections else {}
        parts = {
            key: Part(part.status, part.text, printable(errors[key].text, limit=300) if key in errors else "")
            for key, part in section.parts.items()
        }
        sections[name] = Section(name, parts, section.absent, section.status)
    return ProbeOutput(sections, out.words, "complete" in out.words)
