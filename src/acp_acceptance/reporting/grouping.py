"""Verdicts gathered so that people read them at a glance: targets whose rows are the same, failures that are alike."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from acp_acceptance.reporting.results import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

OWN = ""
"""The area of a site's own checks, which have none."""

_KINDS = {
    Outcome.FAILED: "failed",
    Outcome.BROKEN: "broken",
    Outcome.WAIVED: "waived",
    Outcome.NOT_RUN: "left",
}
_AGAINST = {Outcome.FAILED, Outcome.BROKEN}
_ItemT = TypeVar("_ItemT")


@dataclass(frozen=True)
class Cell:
    """What came of some verdicts, in one word: the worst of them.

    Attributes:
        kind: ``failed``, ``broken``, ``waived`` and ``left`` (not run) of required checks, ``advice`` (an advised check
            failed or could not be measured), ``ok``, ``none`` (nothing was to be measured).
        count: how many verdicts are of that kind; 0 for ``ok`` and ``none``.
    """

    kind: str
    count: int = 0


def cell_of(verdicts: Iterable[Verdict]) -> Cell:
    """Give the worst that came of some verdicts."""
    verdicts = list(verdicts)
    for outcome, kind in _KINDS.items():
        count = sum(verdict.outcome is outcome and verdict.severity == "required" for verdict in verdicts)
        if count:
            return Cell(kind, count)
    advice = sum(verdict.outcome in _AGAINST for verdict in verdicts)
    if advice:
        return Cell("advice", advice)
    return Cell("ok" if any(verdict.outcome is Outcome.PASSED for verdict in verdicts) else "none")


def area_of(verdict: Verdict) -> str:
    """Give the area of a verdict's requirement; :data:`OWN` for a site's own check."""
    return OWN if verdict.own else verdict.requirement.split(".")[1]


def by_area(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Gather verdicts by area, in the order in which the areas come."""
    found: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        found[area_of(verdict)].append(verdict)
    return found


@dataclass(frozen=True)
class Row:
    """Targets with the same cell in every area."""

    targets: tuple[str, ...]
    cells: tuple[Cell, ...]


def rows_of_targets(verdicts: Iterable[Verdict]) -> tuple[list[str], list[Row]]:
    """Give the areas, and a row for all targets that look the same in each of them."""
    verdicts = list(verdicts)
    areas = list(by_area(verdicts))
    by_target: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_target[verdict.target].append(verdict)
    rows: dict[tuple[Cell, ...], list[str]] = defaultdict(list)
    for target, found in by_target.items():
        of_area = by_area(found)
        rows[tuple(cell_of(of_area.get(area, [])) for area in areas)].append(target)
    return areas, [Row(tuple(targets), cells) for cells, targets in rows.items()]


def alike(items: Iterable[_ItemT], key: Callable[[_ItemT], Hashable]) -> list[list[_ItemT]]:
    """Gather items with the same key, in the order in which the keys come."""
    groups: dict[Hashable, list[_ItemT]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.values())


def blamed(verdicts: Iterable[Verdict]) -> list[str]:
    """Name the targets that failed or could not be measured, each once."""
    return list(dict.fromkeys(verdict.target for verdict in verdicts if verdict.outcome in _AGAINST))
