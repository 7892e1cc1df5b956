"""What a Containerfile says, as far as this project's own goes: where it begins, what it runs, and what it copies."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Containerfile:
    """A Containerfile of one stage.

    Attributes:
        packages: Debian's, that its ``RUN apt-get ... install`` asks for.
        runs: the other commands that it runs, in their order.
        copies: sources, relative to the project's folder, to where they are put: a folder where it ends with a slash.
        folder: where its commands run, and its containers.
        user: who its containers run as.
        command: what they run.
    """

    packages: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = ""
    command: tuple[str, ...] = ()


def parse(text: str) -> Containerfile:
    """Read a Containerfile.

    Raises:
        LabError: it has an instruction that the lab does not know.
    """
    found = Containerfile()
    for verb, rest in _instructions(text):
        match verb:
            case "ARG" | "FROM":
                # The lab has a Debian of its own with Python in it.
                pass
            case "RUN" if "apt-get install" in rest:
                found.packages += _packages(rest)
            case "RUN":
                found.runs.append(rest)
            case "COPY":
                *sources, target = rest.split()
                found.copies |= dict.fromkeys(sources, target)
            case "WORKDIR":
                found.folder = rest
            case "USER":
                found.user = rest
            case "CMD":
                found.command = tuple(json.loads(rest))
            case _:
                raise LabError(f"the lab does not know {verb} of a Containerfile")
    return found


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        verb, _, rest = line.partition(" ")
        yield verb, rest.strip()


def _packages(command: str) -> list[str]:
    words = command[command.index("apt-get install") :].partition("&&")[0]
    return [word for word in shlex.split(words)[2:] if not word.startswith("-")]
