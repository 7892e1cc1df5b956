"""The errors of input files and of the command line, worded for the person who has to mend them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_PROBLEMS = 20
"""How many problems of a file are shown at once: more than a screen of them helps nobody."""


class UsageError(Exception):
    """What was asked for on the command line cannot be done; the message says what to write instead."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file.

    Attributes:
        file: the file's path, as it was given.
        line: the line, counted from 1; None where the file as a whole is meant.
        key: the path of keys to the place, such as ``all.vars.acp.topology``; may be empty.
        text: what is wrong, and what to write instead.
    """

    file: str
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


class InputFileError(Exception):
    """A file that people write cannot be used.

    Attributes:
        problems: all that is wrong with it, in the file's order.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        if hidden := len(self.problems) - len(lines):
            lines.append(f"and {hidden} more {'problem' if hidden == 1 else 'problems'}")
        return "\n".join(lines)


class InventoryError(InputFileError):
    """The inventory cannot be used."""


class WaiversError(InputFileError):
    """The file of waivers cannot be used."""


class Problems:
    """Collects what is wrong in one file, so that all of it can be said at once."""

    def __init__(self, file: str, error: type[InputFileError]) -> None:
        self.file = file
        self._error = error
        # A dictionary, since a mistake in a group's variable is found once for every node of the group.
        self._found: dict[Problem, None] = {}

    def add(self, line: int | None, key: str, text: str) -> None:
        """Note a problem."""
        self._found[Problem(self.file, line, key, text)] = None

    def stop(self, line: int | None, key: str, text: str) -> NoReturn:
        """Note a problem behind which nothing can be read, and raise all that were found.

        Raises:
            InputFileError: always.
        """
        self.add(line, key, text)
        raise self._error(self._in_order()) from None

    def raise_if_any(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            InputFileError: at least one problem was found.
        """
        if self._found:
            raise self._error(self._in_order())

    def __bool__(self) -> bool:
        return bool(self._found)

    def _in_order(self) -> list[Problem]:
        return sorted(self._found, key=lambda problem: problem.line or 0)
