"""What a fault of a pair is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.seeding import FaultOn

if TYPE_CHECKING:
    from lab.pair.pair import Pair  # noqa: F401 - named in a string


@dataclass(frozen=True)
class Fault(FaultOn["Pair"]):
    """Something that is wrong with a pair.

    Attributes:
        active: it shows in an active run only.
    """

    active: bool = False
