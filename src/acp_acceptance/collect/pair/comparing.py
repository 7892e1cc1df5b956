"""Comparing the objects of both clusters by metadata, as they are listed, in memory that does not grow with them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.pair.objects import Kind, kinds_of, metadata_of, state_of
from acp_acceptance.collect.platform.api import TooLargeError
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.pair.comparison import Comparison, DifferenceGroup, DisorderError, Suspect, suspected
from acp_acceptance.model.pair.keys import Grouping, KeySet
from acp_acceptance.model.pair.seen import DIFFERENCES, Difference, Seen
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.model.pair.comparison import Scope

    Entry = tuple[str, dict[str, Any]]

_AT_ONCE = 4
_FEW = 200
"""Suspects of a kind that are asked for one by one; where there are more, the kind is listed once more."""
_LOOKS = 3


@dataclass
class _Compared:
    """One kind, as both clusters serve it; ``None`` where one does not know it."""

    name: str
    primary: Kind | None
    standby: Kind | None
    suspects: dict[str, Suspect] = field(default_factory=dict)
    marks: KeySet = field(default_factory=KeySet)
    counts: list[int] = field(default_factory=lambda: [0, 0])


class Comparing:
    """One comparison.

    Args:
        primary: its API.
        standby: likewise.
        scope: what is synchronised.
        settle: seconds that the standby is given to follow a change.
        ended: ends the comparison, when it is set.
        found: is told each certain difference: which, kind, namespace, name.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - both sides, what is compared, how long, and who is told
        self,
        primary: Api,
        standby: Api,
        scope: Scope,
        settle: float,
        ended: Event | None = None,
        found: Callable[[Difference, str, str, str], None] = lambda *_: None,
    ) -> None:
        self._primary, self._standby, self._scope, self._settle = primary, standby, scope, settle
        self._tell, self._ended = found, ended or Event()
        self._lock = Lock()
        self._groups = {way: Grouping() for way in DIFFERENCES}
        self._following = 0
        self._unlisted: dict[str, str] = {}
        self._counts = [0, 0]
        self.kinds: set[str] = set()

    def compare(self) -> Comparison:
        """Compare everything that is synchronised.

        Raises:
            ApiError: a side does not say which kinds it has.
        """
        began = time.monotonic()
        kinds = self._common_kinds()
        self.kinds = {item.name for item in kinds}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="compare") as pool:
            self._all(pool, self._first, kinds)
            doubtful = [item for item in kinds if len(item.marks)]
            if doubtful:
                self._ended.wait(self._settle)
                self._all(pool, self._second, doubtful)
        return Comparison(
            kinds=len(kinds),
            primary=self._counts[0],
            standby=self._counts[1],
            differences=tuple(
                DifferenceGroup(way, group) for way, grouping in self._groups.items() for group in grouping.result()
            ),
            totals={way: grouping.total for way, grouping in self._groups.items() if grouping.total},
            following=self._following,
            unlisted=self._unlisted,
            seconds=round(time.monotonic() - began, 3),
        )

    def _common_kinds(self) -> list[_Compared]:
        sides = [kinds_of(self._primary), kinds_of(self._standby)]
        for side in sides:
            self._unlisted |= side.unknown
        names = sorted(set(sides[0].items) | set(sides[1].items))
        found = [_Compared(name, sides[0].items.get(name), sides[1].items.get(name)) for name in names]
        return [item for item in found if self._is_synchronised(item)]

    def _is_synchronised(self, item: _Compared) -> bool:
        kind = item.primary or item.standby
        assert kind is not None
        # What a side could not say is not known to be missing there.
        unsaid = (item.primary is None or item.standby is None) and kind.root in self._unlisted
        return not unsaid and self._scope.has_kind(kind.name, namespaced=kind.namespaced)

    def _all(self, pool: ThreadPoolExecutor, do: Callable[[_Compared], None], kinds: Iterable[_Compared]) -> None:
        try:
            for _ in pool.map(lambda item: self._kept(do, item), kinds):
                pass
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise

    def _kept(self, do: Callable[[_Compared], None], item: _Compared) -> None:
        """Do something with a kind; what cannot be listed is kept with the reason."""
        try:
            do(item)
        except ApiError as error:
            reason = error.reason
        except TooLargeError:
            reason = "an answer is larger than 64 MiB"
        except DisorderError as error:
            reason = printable(f"its listing is not in the order of names: {error}")
        else:
            return
        with self._lock:
            self._unlisted[item.name] = reason

    def _first(self, item: _Compared) -> None:
        try:
            for key, primary, standby in self._differing(item, item.counts):
                item.marks.add(_mark(key, primary, standby))
                if len(item.suspects) <= _FEW:
                    item.suspects[key] = Suspect(primary, standby)
        finally:
            with self._lock:
                self._counts = [one + other for one, other in zip(self._counts, item.counts, strict=True)]

    def _differing(self, item: _Compared, counts: list[int]) -> Iterator[tuple[str, Seen | None, Seen | None]]:
        # The standby is listed first: what it shows must not be newer than what the primary does.
        standby = _begun(self._entries(self._standby, item.standby))
        primary = self._entries(self._primary, item.primary)
        yield from suspected(primary, standby, counts)

    def _entries(self, api: Api, kind: Kind | None) -> Iterator[Entry]:
        if kind is None:
            return
        for namespace, name, metadata in metadata_of(api, kind, self._scope.excluded_namespaces):
            self._go_on()
            if self._scope.has_object(kind.name, namespace, name):
                yield f"{namespace}/{name}" if kind.namespaced else name, metadata

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise ApiError("interrupted", "the comparison was interrupted")

    def _second(self, item: _Compared) -> None:
        if len(item.suspects) > _FEW:
            self._list_again(item)
        self._look_again(item)

    def _list_again(self, item: _Compared) -> None:
        """List a kind once more: what differs as it did, and stood still on both sides, is certain."""
        again: dict[str, Suspect] = {}
        certain = 0
        for key, primary, standby in self._differing(item, [0, 0]):
            if _mark(key, primary, standby) in item.marks:
                suspect = Suspect(primary, standby)
                self._take(item, key, suspect.again(primary, standby) or None)
                certain += 1
            elif len(again) < _FEW:
                again[key] = Suspect(primary, standby)
        with self._lock:
            self._following += max(0, len(item.marks) - certain - len(again))
        item.suspects = again
        if again:
            self._ended.wait(self._settle)

    def _look_again(self, item: _Compared) -> None:
        """Ask for suspects one by one, the standby first, until all are judged."""
        for look in range(_LOOKS):
            if look:
                self._ended.wait(self._settle)
            for key, suspect in list(item.suspects.items()):
                self._go_on()
                standby = state_of(self._standby, item.standby, key)
                result = suspect.again(state_of(self._primary, item.primary, key), standby)
                if result != "":
                    del item.suspects[key]
                    self._take(item, key, result)
            if not item.suspects:
                return
        for key, suspect in item.suspects.items():
            self._take(item, key, suspect.at_last())

    def _take(self, item: _Compared, key: str, difference: Any) -> None:  # noqa: ANN401 - one of Difference, or None
        namespace, _, name = key.rpartition("/")
        with self._lock:
            if difference is None:
                self._following += 1
                return
            self._groups[difference].add(item.name, namespace, name)
            self._tell(difference, item.name, namespace, name)


def _begun(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Ask for the first of some entries now."""
    first = next(entries, None)
    return iter(()) if first is None else chain((first,), entries)


def _mark(key: str, primary: Seen | None, standby: Seen | None) -> str:
    states = (f"{state.uid}/{state.content}" if state else "-" for state in (primary, standby))
    return " ".join((key, *states))
