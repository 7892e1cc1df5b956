"""What a fault of the platform is."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.platform.faults.steps import Step
    from lab.platform.platform import Platform

ALL_RELEASES = ("4.0", "4.1", "4.2", "4.3")


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a platform.

    Attributes:
        name: what it is called.
        requirement: id of the one requirement that it turns red, or makes unmeasurable; empty for what turns none red.
        what: what is wrong, in a few words.
        steps: what it does, in this order; they are undone in the other.
        breaks: it makes the requirement unmeasurable.
        also: ids of further requirements that it turns red or makes unmeasurable, since they need the same.
        control_plane: how many control plane nodes it needs.
        balancer: it needs a load balancer.
        releases: those in which it shows.
        plan: what the site must have planned for it to show, in words; empty for the usual plan.
        slow: it takes longer than half a minute.
    """

    name: str
    requirement: str
    what: str
    steps: tuple[Step, ...]
    breaks: bool = False
    also: tuple[str, ...] = ()
    control_plane: int = 1
    balancer: bool = False
    releases: tuple[str, ...] = ALL_RELEASES
    plan: str = ""
    slow: bool = False

    def apply(self, platform: Platform) -> None:
        """Seed it, and wait until it shows.

        Raises:
            LabError: it cannot be seeded.
        """
        for step in self.steps:
            step.apply(platform)

    def undo(self, platform: Platform) -> None:
        """Undo it, also where it was seeded in part.

        Raises:
            LabError: a part cannot be undone; all others are.
        """
        with ExitStack() as stack:
            for step in self.steps:
                stack.callback(step.undo, platform)
