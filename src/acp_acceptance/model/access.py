"""How a node was reached, with what rights, and how its own SSH server is set up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.sections import Section


@dataclass(frozen=True)
class Contact:
    """Whether the node answered and the probe ran to its end.

    Attributes:
        outcome: ``answered``, or why not: ``unresolved``, ``refused``, ``no-answer``, ``no-route``, ``denied``,
            ``unknown-host-key``, ``changed-host-key``, ``closed``, ``no-shell``, ``deadline``, ``too-much-output``,
            ``cut-off``.
        detail: what the SSH client or the node said, on one line.
        address: where it was tried.
        seconds: how long it took.
    """

    outcome: str
    detail: str
    address: str
    seconds: float


@dataclass(frozen=True)
class Access:
    """With which rights the probe ran.

    Attributes:
        user: who logged in.
        rights: ``root`` (logged in as root), ``sudo`` (without a password), ``sudo-password`` (with one), ``none``.
        detail: what sudo said where it refused.
        arrived_at: the node's own address at which the SSH connection ended; empty where there was none.
    """

    user: str
    rights: str
    detail: str
    arrived_at: str = ""


@dataclass(frozen=True)
class Sshd:
    """Options of the node's SSH server that are in force.

    Attributes:
        options: lower-case keyword to its value.
        source: ``sshd -T``, or the configuration files where that could not run.
    """

    options: dict[str, str]
    source: str

    def option(self, keyword: str) -> str:
        """Give the value of a keyword, whatever its case.

        Raises:
            CollectionError: the files do not state it; what the server was built with cannot be seen there.
        """
        value = self.options.get(keyword.lower())
        if value is None:
            raise CollectionError(f"{self.source} does not state {keyword}", kind="unclear")
        return value.lower()


def parse_sshd(section: Section) -> Sshd:
    """Read ``sshd -T``, else the configuration files: the first value of a keyword counts, Match blocks do not.

    ``UseDNS`` and ``UsePAM`` are not allowed in Match blocks, so what stands there cannot change them.

    Raises:
        CollectionError: neither could be read.
    """
    effective = section.parts.get("sshd")
    if effective is not None and effective.status == 0:
        pairs = (line.partition(" ") for line in effective.text.splitlines())
        return Sshd({key.lower(): value.strip() for key, _, value in pairs if value}, "sshd -T")
    files = section.named("file:")
    main = "/etc/ssh/sshd_config"
    if main not in files:
        why = effective.error if effective is not None else "it is not installed"
        raise CollectionError(f"sshd -T could not run ({why}), and {main} could not be read")
    options: dict[str, str] = {}
    for keyword, value in _keywords(main, files, depth=0):
        options.setdefault(keyword, value)
    return Sshd(options, main)


_INCLUDE_DEPTH = 16


def _keywords(path: str, files: dict[str, str], depth: int) -> Iterator[tuple[str, str]]:
    for line in files[path].splitlines():
        keyword, value = [*re.split(r"[\s=]+", line.partition("#")[0].strip(), maxsplit=1), ""][:2]
        if keyword.lower() == "match":
            return
        if keyword.lower() == "include" and depth < _INCLUDE_DEPTH:
            patterns = [word if word.startswith("/") else f"/etc/ssh/{word}" for word in value.split()]
            for pattern in patterns:
                for included in sorted(name for name in files if fnmatch(name, pattern)):
                    yield from _keywords(included, files, depth + 1)
        elif keyword:
            yield keyword.lower(), value.strip("\"' ")
