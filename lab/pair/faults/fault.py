"""What a fault of a pair is."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lab.platform.faults.fault import ALL_RELEASES

if TYPE_CHECKING:
    from lab.pair.pair import Pair


class Step(Protocol):
    """One thing that a fault does."""

    def apply(self, pair: Pair) -> None:
        """Do it, and wait until it shows."""

    def undo(self, pair: Pair) -> None:
        """Undo it, also where it was done in part or not at all, and wait until it is undone."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a pair.

    Attributes:
        name: what it is called.
        requirement: id of the one requirement that it turns red, or makes unmeasurable; empty for what turns none red.
        what: what is wrong, in a few words.
        steps: what it does, in this order; they are undone in the other.
        breaks: it makes the requirement unmeasurable.
        also: ids of further requirements that it turns red or makes unmeasurable, since they need the same.
        releases: those in which it shows.
        active: it shows in an active run only.
        slow: it takes longer than ten seconds.
    """

    name: str
    requirement: str
    what: str
    steps: tuple[Step, ...]
    breaks: bool = False
    also: tuple[str, ...] = ()
    releases: tuple[str, ...] = ALL_RELEASES
    active: bool = False
    slow: bool = False

    def apply(self, pair: Pair) -> None:
        """Seed it, and wait until it shows.

        Raises:
            LabError: it cannot be seeded.
        """
        for step in self.steps:
            step.apply(pair)

    def undo(self, pair: Pair) -> None:
        """Undo it, also where it was seeded in part.

        Raises:
            LabError: a part cannot be undone; all others are.
        """
        with ExitStack() as stack:
            for step in self.steps:
                stack.callback(step.undo, pair)
