"""What the monitor of etcd synchronisation answers at ``/check`` (DR guide, step 3 and routine checks), read strictly.

The two headers are in the guides; the lines below them, the answer of a pair that is alike and the HTTP status are not
public. So only what is known counts: both headers, once each, and keys of etcd below them. Whatever else is in the
answer makes it unreadable, and an answer that cannot be read never says that the sides are alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.keys import Grouping, KeyGroup, KeySet, ObjectName, object_of
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.pair.comparison import Comparison

MISSED, SURPLUS = "missed", "surplus"
_HEADER = re.compile(r"LOCAL ETCD (missed|surplus) keys *:?", re.ASCII)
_LINE = re.compile(rb"[^\n]+")
_LONGEST_KEY = 1000
_MOST_KEYS = 1_000_000
_GOOD = 200


@dataclass(frozen=True)
class CheckAnswer:
    """An answer of the monitor.

    Attributes:
        way: how it was asked, for people.
        status: of HTTP.
        headers: those that were seen, ``missed`` and ``surplus``, in their order.
        missed: keys that only the primary has, by namespace and kind.
        surplus: keys that only the standby has.
        missed_total, surplus_total: how many there are.
        unknown: the first line that is not known, or what else is wrong; empty where all of it is known.
    """

    way: str
    status: int
    headers: tuple[str, ...]
    missed: tuple[KeyGroup, ...] = ()
    surplus: tuple[KeyGroup, ...] = ()
    missed_total: int = 0
    surplus_total: int = 0
    unknown: str = ""


@dataclass(frozen=True)
class CheckedKeys:
    """All keys of an answer, for comparing; not for keeping."""

    missed: KeySet
    surplus: KeySet

    def of(self, header: str) -> KeySet:
        """Give the keys below a header."""
        return self.missed if header == MISSED else self.surplus


def read_check(
    body: bytes, status: int, way: str, before: CheckedKeys | None = None
) -> tuple[CheckAnswer, CheckedKeys]:
    """Read an answer line by line; memory grows by eight bytes a key.

    Args:
        body: of the answer.
        status: of HTTP.
        way: how it was asked.
        before: keys of an earlier answer; only those that were in it count.
    """
    groupings = {MISSED: Grouping(), SURPLUS: Grouping()}
    keys = CheckedKeys(KeySet(), KeySet())
    headers: list[str] = []
    unknown = "" if status == _GOOD else f"HTTP status {status}"
    for line in _lines(body):
        header = _HEADER.fullmatch(line)
        if header:
            if header[1] in headers:
                unknown = unknown or f"the header {line} twice"
            headers.append(header[1])
            continue
        found = _object_in(line) if headers else None
        if found is None:
            unknown = unknown or f"the line {printable(line, limit=200)}"
        elif groupings[headers[-1]].total >= _MOST_KEYS:
            unknown = unknown or f"more than {_MOST_KEYS} keys"
        elif before is None or found.text in before.of(headers[-1]):
            groupings[headers[-1]].add(found.kind, found.namespace, found.name)
            keys.of(headers[-1]).add(found.text)
    answer = CheckAnswer(
        way,
        status,
        tuple(dict.fromkeys(headers)),
        groupings[MISSED].result(),
        groupings[SURPLUS].result(),
        groupings[MISSED].total,
        groupings[SURPLUS].total,
        unknown,
    )
    return answer, keys


def _object_in(line: str) -> ObjectName | None:
    return object_of(line) if len(line) <= _LONGEST_KEY and line.isprintable() and " " not in line else None


def keys_of(body: bytes) -> Iterator[tuple[str, ObjectName]]:
    """Give the keys of an answer that was understood, each with the header that it stands below."""
    header = ""
    for line in _lines(body):
        if found := _HEADER.fullmatch(line):
            header = found[1]
        elif header and (key := _object_in(line)):
            yield header, key


def _lines(body: bytes) -> Iterator[str]:
    """Give the lines that hold something, stripped; ``splitlines`` would hold all of them at once."""
    for found in _LINE.finditer(body):
        line = found[0][: _LONGEST_KEY * 4].decode("utf-8", "replace").strip(" \t\r")
        if line:
            yield line


def unlike(answer: CheckAnswer, comparison: Comparison | None = None) -> Iterator[Fault]:
    """Give the keys by which the sides are not alike, by namespace and kind.

    Args:
        answer: of the monitor.
        comparison: the suite's own, where there is one: what it does not confirm is said, too.

    Yields:
        The name of the sentence that says it, and its values.
    """
    for sentence, groups, total in (
        (MISSED, answer.missed, answer.missed_total),
        (SURPLUS, answer.surplus, answer.surplus_total),
    ):
        for group in groups:
            yield (
                sentence,
                {"count": group.count, "kind": group.kind, "namespace": group.place, "names": list(group.names)},
            )
        more = total - sum(group.count for group in groups)
        if more:
            yield f"more_{sentence}", {"count": more}
    monitor = comparison.monitor if comparison else None
    if monitor is not None and monitor.unconfirmed:
        yield "unconfirmed", {"count": monitor.unconfirmed, "names": list(monitor.unconfirmed_names)}


def require_understood(answer: CheckAnswer) -> None:
    """Make sure that the whole answer was known.

    Raises:
        CollectionError: it was not; keys that were seen are judged all the same.
    """
    said = f"the monitor's answer ({answer.way}) cannot be understood"
    if answer.unknown:
        raise CollectionError(f"{said}: {answer.unknown}")
    if not answer.headers:
        raise CollectionError(f"{said}: it is empty", kind="unparsable")
    for header in (MISSED, SURPLUS):
        if header not in answer.headers:
            raise CollectionError(f'{said}: it has no header "LOCAL ETCD {header} keys"', kind="unparsable")
