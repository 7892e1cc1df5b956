"""The probe: one read-only POSIX shell script for everything that is read on a node."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from acp_acceptance.model.node import NodeFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

MESH_SECTIONS = {"reach": 40, "ways": 25, "resolved": 15}
"""Sections of the second round trip, with their seconds; the others are of the first."""

LONE_SECTIONS = {"monitor": 40, "etcd_path": 25}
"""Sections that are asked for by themselves and need more seconds than is usual."""

SCRIPT_FILES = (
    "mesh",
    "pair",
    "frames",
    "installed",
    "system",
    "security",
    "hardware",
    "network",
    "software",
    "storage",
    "package",
    "running",
    "rights",
)
"""Files of the folder ``script``, in the order in which they are joined: the last ends with starting all sections."""

SECTION_SECONDS = 10
SLOW_SECTIONS = {"packages": 30, "boot": 15}
"""Seconds a section may take where it is not the usual; a package database can be large."""

# What the login shell runs: it must be understood by any of them (sh, bash, csh, fish), hence no single quote in it.
# It says that a shell is there and waits for the first line, which is the sudo password or empty, before the rest:
# so nothing secret is sent to what is no shell, and the two clock readings have one round trip between them.
# Then come scripts, each behind a line with its size in bytes, until standard input ends. What is told later stands
# before what was told first, and that runs again: its last word starts it.
_RECEIVER = (
    'say() { printf "\\n%s say %s %s\\n" "$0" "$1" "$(date +%s.%N)"; }; '
    'say hello; IFS= read -r secret; say clock; feed=$(printf "\\n_"); feed=${feed%_}; sections="$2" script=; '
    'while IFS= read -r size; do script=$(head -c "$size")$feed$script; '
    'nonce=$0 escalated= become=$1; eval "$script" </dev/null; done'
)


@dataclass(frozen=True)
class Probe:
    """One use of the probe.

    Attributes:
        nonce: the word its marker lines begin with.
        command: what the login shell is asked to run; holds nothing secret.
        script: what is sent on standard input after the secret line.
    """

    nonce: str
    command: str
    script: bytes

    @property
    def farewell(self) -> bytes:
        """What it says last, on standard output and on standard error."""
        return f"{self.nonce} say complete".encode()


def more_of(values: Mapping[str, str], only: Mapping[str, int]) -> bytes:
    """Give what is sent to a probe that has said its last word, so that it runs other sections, too.

    Args:
        values: as for :func:`make_probe`; under other names than it was told before.
        only: sections to run, with their seconds.
    """
    return _sized(_assignments({"sections": _words(only), **values}))


def make_probe(
    *,
    become: bool | None,
    values: Mapping[str, str] = MappingProxyType({}),
    limits: Mapping[str, int] = MappingProxyType({}),
    only: Mapping[str, int] | None = None,
) -> Probe:
    """Make a probe with a nonce of its own.

    Args:
        become: ``False`` forbids sudo; ``None`` and ``True`` use it where the user is not root.
        values: what the script is told about the site, by the name of its shell variable. They travel on standard
            input, quoted, and stand on no command line.
        limits: seconds for sections whose limit depends on the run; these come last, so that they cost no other.
        only: sections to run, with their seconds; those of the first round trip unless said.

    Raises:
        ValueError: a name is no name of a shell variable in lower case.
    """
    nonce = f"acp-{secrets.token_hex(12)}"
    asked = _sections(limits) if only is None else _words(only)
    command = f"sh -c '{_RECEIVER}' {nonce} {'no' if become is False else 'yes'} '{asked}'"
    return Probe(nonce, command, _sized(_assignments(values) + _script()))


def _sized(script: bytes) -> bytes:
    return f"{len(script)}\n".encode() + script


def _assignments(values: Mapping[str, str]) -> bytes:
    for name in values:
        if not (name.isascii() and name.isidentifier() and name.islower()):
            raise ValueError(f"{name!r} is no name of a shell variable in lower case")
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()).encode()


def sections() -> list[str]:
    """Give the names of the first round trip's sections: the facts that are made from one."""
    return [name for name, fact in NodeFacts.declared().items() if fact.parse is not None and name not in MESH_SECTIONS]


def _sections(limits: Mapping[str, int]) -> str:
    seconds = {name: SLOW_SECTIONS.get(name, SECTION_SECONDS) for name in sections() if name not in limits}
    return _words({**seconds, **limits})


def _words(limits: Mapping[str, int]) -> str:
    return " ".join(f"{name}:{limit}" for name, limit in limits.items())


@cache
def _script() -> bytes:
    here = resources.files("acp_acceptance.collect") / "script"
    text = "".join((here / f"{name}.sh").read_text(encoding="utf-8") for name in SCRIPT_FILES)
    # Comments and blank lines are for people; the wire is better off without.
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return ("\n".join(lines) + "\n").encode()
