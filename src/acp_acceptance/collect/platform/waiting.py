"""Waiting until a cluster has settled: what changes by itself is read again and again, until nothing is missing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.resources import LISTINGS
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.settling import SETTLING, unsettled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.collect.platform.collector import PlatformCollector
    from acp_acceptance.model.platform.api_server import ApiServer

_PAUSE = 5.0
_MAY_COME = frozenset({"unreachable", "deadline", "server"})


class Watching(Protocol):
    """Someone who is told what is still missing."""

    def waiting(self, cluster: str, missing: Sequence[str], left: float) -> None:
        """Something is missing still, and ``left`` seconds are left."""

    def say(self, line: str) -> None:
        """Something is known now."""


@dataclass
class Patience:
    """How long one cluster is waited for.

    Attributes:
        cluster: its name.
        seconds: to wait at most; 0 is not at all.
        watching: is told what is missing, after each look.
    """

    cluster: str
    seconds: float
    watching: Watching

    def __post_init__(self) -> None:
        self._begun = time.monotonic()

    @property
    def _left(self) -> float:
        return self.seconds - (time.monotonic() - self._begun)

    def meet(self, collector: PlatformCollector) -> ApiServer:
        """Ask the server what it is; one that does not answer yet is waited for.

        Raises:
            ApiError: as :meth:`PlatformCollector.meet`.
        """
        while True:
            try:
                return collector.meet()
            except ApiError as error:  # noqa: PERF203 - seconds pass between two of them
                if error.kind not in _MAY_COME or self._left <= 0:
                    raise
                self._pause([error.reason], 0)

    def until_settled(self, collector: PlatformCollector) -> None:
        """Wait until nothing is missing, or the time is up; what is judged is read anew after that in any case."""
        listings = [listing for listing in LISTINGS if listing.fact in SETTLING]
        while self._left > 0:
            looked = time.monotonic()
            facts = PlatformFacts(self.cluster, collector.listed(listings, lambda *_: None))
            missing = unsettled(facts, datetime.now(timezone.utc))
            if not missing:
                self.watching.say(f"cluster {self.cluster}: settled after {time.monotonic() - self._begun:.0f} s")
                return
            self._pause(missing, time.monotonic() - looked)
        self.watching.say(f"cluster {self.cluster}: not settled after {self.seconds:.0f} s")

    def _pause(self, missing: Sequence[str], took: float) -> None:
        """Tell what is missing, and wait a little; a large cluster, which takes long to list, is asked seldom."""
        self.watching.waiting(self.cluster, missing, max(0.0, self._left))
        time.sleep(max(0.0, min(self._left, max(_PAUSE, 2 * took))))
