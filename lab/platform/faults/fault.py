"""What a fault of the platform is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.platform.faults.steps import Forbid
from lab.seeding import ALL_RELEASES, FaultOn

if TYPE_CHECKING:
    from lab.platform.platform import Platform  # noqa: F401 - named in a string


@dataclass(frozen=True)
class Fault(FaultOn["Platform"]):
    """Something that is wrong with a platform.

    Attributes:
        control_plane: how many control plane nodes it needs.
        balancer: it needs a load balancer.
        plan: what the site must have planned for it to show, in words; empty for the usual plan.
    """

    control_plane: int = 1
    balancer: bool = False
    plan: str = ""


def forbidden(  # noqa: PLR0913 - a fault's attributes
    name: str,
    requirement: str,
    what: str,
    right: str,
    *,
    also: tuple[str, ...] = (),
    releases: tuple[str, ...] = ALL_RELEASES,
    plan: str = "",
) -> Fault:
    """Give the fault that the run's user lacks a right, so that the requirement cannot be measured.

    Args:
        name: of the fault, likewise its other attributes.
        requirement: id.
        what: what may not be done, in a few words.
        right: a name of :mod:`lab.platform.reader`.
        also: ids of what needs the same.
        releases: those in which it shows.
        plan: what the site must have planned.
    """
    steps = (Forbid((right,)),)
    return Fault(name, requirement, what, steps, breaks=True, also=also, releases=releases, plan=plan)
