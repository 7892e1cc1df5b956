"""What a fault of a pair does, and how that is undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.platform.faults import FAULTS
from lab.platform.plane import run_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.pair.pair import Pair
    from lab.pair.side import Side
    from lab.platform.faults.steps import Step as PlatformStep
    from lab.seeding import StepOn

    Step = StepOn[Pair]

PRIMARY, STANDBY = "primary", "standby"
BOTH = (PRIMARY, STANDBY)


@dataclass(frozen=True)
class On:
    """Do on some sides what a fault of a platform does."""

    sides: tuple[str, ...]
    step: PlatformStep

    def apply(self, pair: Pair) -> None:
        """Do it."""
        for name in self.sides:
            self.step.apply(pair.sides[name])

    def undo(self, pair: Pair) -> None:
        """Undo it."""
        for name in self.sides:
            self.step.undo(pair.sides[name])


@dataclass(frozen=True)
class Seed:
    """Seed a fault of a platform on one side; names are those of ``python -m lab.platform``."""

    side: str
    name: str

    def apply(self, pair: Pair) -> None:
        """Seed it."""
        FAULTS[self.name].apply(pair.sides[self.side])

    def undo(self, pair: Pair) -> None:
        """Undo it."""
        FAULTS[self.name].undo(pair.sides[self.side])


@dataclass(frozen=True)
class OnNodes:
    """Run a script on all control plane nodes of some sides.

    Attributes:
        sides: which.
        script: run as root.
        back: gives the one that undoes it, for a side; it may be run twice.
    """

    sides: tuple[str, ...]
    script: str
    back: Callable[[Side], str]

    def apply(self, pair: Pair) -> None:
        """Run it."""
        for name in self.sides:
            self._run(pair.sides[name], self.script)

    def undo(self, pair: Pair) -> None:
        """Run the one that undoes it."""
        for name in self.sides:
            self._run(pair.sides[name], self.back(pair.sides[name]))

    def _run(self, side: Side, script: str) -> None:
        for position in range(len(side.site.control_plane)):
            run_on(side.node(position), script)
