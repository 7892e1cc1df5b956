"""A fault that is made of steps, of whatever it is seeded on: a platform, or a pair of them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL_RELEASES = ("4.0", "4.1", "4.2", "4.3")

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class StepOn(Protocol[T_contra]):
    """One thing that a fault does."""

    def apply(self, where: T_contra, /) -> None:
        """Do it, and wait until it shows."""

    def undo(self, where: T_contra, /) -> None:
        """Undo it, also where it was done in part or not at all, and wait until it is undone."""


def _nothing(_where: object) -> None:
    pass


@dataclass(frozen=True)
class Do(Generic[T]):
    """Anything that no other step does.

    Attributes:
        do: does it; nothing, unless said.
        back: undoes it; likewise.
    """

    do: Callable[[T], object] = _nothing
    back: Callable[[T], object] = _nothing

    def apply(self, where: T, /) -> None:
        """Do it."""
        self.do(where)

    def undo(self, where: T, /) -> None:
        """Undo it."""
        self.back(where)


@dataclass(frozen=True)
class FaultOn(Generic[T]):
    """Something that is wrong with what it is seeded on.

    Attributes:
        name: what it is called.
        requirement: id of the one requirement that it turns red, or makes unmeasurable; empty for what turns none red.
        what: what is wrong, in a few words.
        steps: what it does, in this order; they are undone in the other.
        breaks: it makes the requirement unmeasurable.
        also: ids of further requirements that it turns red or makes unmeasurable, since they need the same.
        releases: those in which it shows.
        slow: it takes long: of a platform more than half a minute, of a pair more than ten seconds.
    """

    name: str
    requirement: str
    what: str
    steps: tuple[StepOn[T], ...]
    breaks: bool = False
    also: tuple[str, ...] = ()
    releases: tuple[str, ...] = ALL_RELEASES
    slow: bool = False

    def apply(self, where: T) -> None:
        """Seed it, and wait until it shows.

        Raises:
            LabError: it cannot be seeded.
        """
        for step in self.steps:
            step.apply(where)

    def undo(self, where: T) -> None:
        """Undo it, also where it was seeded in part.

        Raises:
            LabError: a part cannot be undone; all others are.
        """
        with ExitStack() as stack:
            for step in self.steps:
                stack.callback(step.undo, where)

    @contextmanager
    def seeded(self, where: T) -> Iterator[None]:
        """Seed it, until the end of ``with``.

        Raises:
            LabError: it cannot be seeded, or undone.
        """
        try:
            self.apply(where)
            yield
        finally:
            self.undo(where)
