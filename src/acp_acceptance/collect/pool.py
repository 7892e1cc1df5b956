"""Doing one thing for many nodes at once, with a limit on all and a lower one on those behind the same jump host."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


@dataclass
class Pool:
    """Takes work from a list, in its order, as limits allow.

    Attributes:
        forks: how many at once in all.
        forks_per_jump: how many at once of those with the same, non-empty, lane.
    """

    forks: int
    forks_per_jump: int

    def run(self, work: Iterable[tuple[str, T]], do: Callable[[T], None], stopped: threading.Event) -> None:
        """Do ``do`` for each of ``work`` (lane and item), and return when all is done or ``stopped`` is set.

        An interrupt in the waiting thread passes through; what is under way is then for the caller to end.
        """
        waiting = list(work)
        busy: Counter[str] = Counter()
        changed = threading.Condition()

        def take() -> tuple[str, T] | None:
            """Wait for an item whose lane has room."""
            with changed:
                while waiting and not stopped.is_set():
                    for position, (lane, _) in enumerate(waiting):
                        if not lane or busy[lane] < self.forks_per_jump:
                            busy[lane] += 1
                            return waiting.pop(position)
                    changed.wait(0.5)
            return None

        def worker() -> None:
            while (taken := take()) is not None:
                lane, item = taken
                try:
                    do(item)
                finally:
                    with changed:
                        busy[lane] -= 1
                        changed.notify_all()

        executor = ThreadPoolExecutor(max_workers=max(1, min(self.forks, len(waiting))), thread_name_prefix="collect")
        try:
            for future in [executor.submit(worker) for _ in range(min(self.forks, len(waiting)))]:
                future.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
