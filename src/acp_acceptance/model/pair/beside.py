"""Where the monitor and the suite's own comparison say different things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.check import MISSED, SURPLUS, keys_of, read_check, require_understood
from acp_acceptance.model.pair.comparison import BesideMonitor
from acp_acceptance.model.pair.keys import KeySet, ObjectName

if TYPE_CHECKING:
    from collections.abc import Collection

    from acp_acceptance.model.pair.check import CheckedKeys
    from acp_acceptance.model.pair.comparison import Scope

_SHOWN = 5
_REMEMBERED = 1000


class Beside:
    """Gathers what both say; the monitor is asked before and after the comparison.

    An object that the suite misses, and neither answer names, is one of which the monitor is silent. One that both
    answers name, and the suite does not, is unconfirmed. Whatever changes meanwhile is neither.

    Args:
        scope: what is synchronised; what lies outside is not the suite's to confirm.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._answers: list[CheckedKeys] = []
        self._body = b""
        self._ours = {MISSED: KeySet(), SURPLUS: KeySet()}
        self._remembered: list[tuple[str, ObjectName]] = []

    def take(self, body: bytes, status: int, way: str) -> str:
        """Take an answer of the monitor; gives why it cannot be used, or nothing."""
        answer, keys = read_check(body, status, way)
        try:
            require_understood(answer)
        except CollectionError as error:
            return str(error)
        self._answers.append(keys)
        self._body = body
        return ""

    def differs(self, way: str, kind: str, namespace: str, name: str) -> None:
        """Take a difference that the suite found; only whole objects are the monitor's to say."""
        if way not in self._ours:
            return
        resource, _, group = kind.partition(".")
        found = ObjectName(resource, group, namespace, name)
        self._ours[way].add(found.text)
        if len(self._remembered) < _REMEMBERED:
            self._remembered.append((way, found))

    def result(self, kinds: Collection[str]) -> BesideMonitor:
        """Give where both differ; ``kinds`` are those that were compared."""
        resources = {kind.partition(".")[0] for kind in kinds}
        silent = sum(ours.count_outside([keys.of(way) for keys in self._answers]) for way, ours in self._ours.items())
        silent_names = [
            f"{found.kind} {found.place}"
            for way, found in self._remembered
            if not any(found.text in keys.of(way) for keys in self._answers)
        ]
        unconfirmed, names = 0, list[str]()
        for way, found in keys_of(self._body):
            if found.resource in resources and self._is_unconfirmed(way, found):
                unconfirmed += 1
                if len(names) < _SHOWN:
                    names.append(f"{found.kind} {found.place}")
        return BesideMonitor(silent, tuple(silent_names[:_SHOWN]), unconfirmed, tuple(names))

    def _is_unconfirmed(self, way: str, found: ObjectName) -> bool:
        return (
            self._scope.has_object(found.kind, found.namespace, found.name)
            and found.text not in self._ours[way]
            and all(found.text in keys.of(way) for keys in self._answers)
        )
