"""What a fault of the platform is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.seeding import FaultOn

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
