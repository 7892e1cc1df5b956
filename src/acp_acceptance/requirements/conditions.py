"""Conditions as data, judged with three values: they hold, do not hold, or cannot be known.

A condition is a mapping of dimensions to what is wanted of them; all must hold::

    {cni: kube-ovn, kernel: {below: "4.19.0"}, role: [control_plane, worker]}

A wanted value is a scalar (equality; membership where the dimension is a set), a list (any of them), or a mapping of
``at_least``, ``below``, ``at_most`` (numbers, or versions compared part by part) and ``not``. ``any`` holds a list of
conditions of which one must hold.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import version_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from acp_acceptance.model.measurement import ProblemKind

    Dimensions = Mapping[str, Callable[[], Any]]


_REASONS = {"active": "it loads the node; allow it with --acp-active"}
"""Said where a dimension's bare value would tell nobody what to do."""


class Truth(Enum):
    """Whether a condition holds."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNKNOWN = "cannot be known"


class Judged:
    """The answer to a condition.

    Attributes:
        truth: whether it holds.
        reason: for people, why it does not hold or cannot be known; empty where it holds.
        kind: what stands in the way of knowing it; means nothing where it is known.
    """

    def __init__(self, truth: Truth, reason: str = "", kind: ProblemKind = "unclear") -> None:
        self.truth = truth
        self.reason = reason
        self.kind = kind


HOLDS = Judged(Truth.HOLDS)


class UnknownDimensionError(Exception):
    """A condition names a dimension that this kind of target does not have: a fault of the data."""


def judge(condition: Mapping[str, Any], dimensions: Dimensions) -> Judged:
    """Judge ``condition``; dimensions are asked only where they are named, and may raise CollectionError (unknown).

    A part that does not hold decides, also beside one that cannot be known.

    Raises:
        UnknownDimensionError: the condition names a dimension that is not among ``dimensions``.
    """
    unknown: Judged | None = None
    for name, wanted in condition.items():
        judged = _any_of(wanted, dimensions) if name == "any" else _dimension(name, wanted, dimensions)
        if judged.truth is Truth.FAILS:
            return judged
        if judged.truth is Truth.UNKNOWN:
            unknown = unknown or judged
    return unknown or HOLDS


def _any_of(conditions: list[Mapping[str, Any]], dimensions: Dimensions) -> Judged:
    answers = [judge(condition, dimensions) for condition in conditions]
    for truth in (Truth.HOLDS, Truth.UNKNOWN):
        for answer in answers:
            if answer.truth is truth:
                return answer
    return Judged(Truth.FAILS, "; ".join(dict.fromkeys(answer.reason for answer in answers)))


def _dimension(name: str, wanted: Any, dimensions: Dimensions) -> Judged:  # noqa: ANN401 - whatever YAML holds
    if name not in dimensions:
        raise UnknownDimensionError(f"no dimension {name!r}; there are {', '.join(sorted(dimensions))}")
    try:
        value = dimensions[name]()
    except CollectionError as error:
        return Judged(Truth.UNKNOWN, str(error), error.kind)
    if matches(value, wanted):
        return HOLDS
    if name in _REASONS:
        return Judged(Truth.FAILS, _REASONS[name])
    shown = ", ".join(sorted(map(str, value))) if isinstance(value, (set, frozenset)) else value
    return Judged(Truth.FAILS, f"{name} is {'none' if shown in (None, '') else shown}")


def matches(value: Any, wanted: Any) -> bool:  # noqa: ANN401 - whatever YAML holds
    """Tell whether one value is as wanted; see the module's text for what can be wanted."""
    if isinstance(wanted, list):
        return any(matches(value, option) for option in wanted)
    if not isinstance(wanted, dict):
        return wanted in value if isinstance(value, (set, frozenset)) else bool(value == wanted)
    comparisons: dict[str, Callable[[Any], bool]] = {
        "not": lambda bound: not matches(value, bound),
        "at_least": lambda bound: version_numbers(value) >= version_numbers(bound),
        "at_most": lambda bound: version_numbers(value) <= version_numbers(bound),
        "below": lambda bound: version_numbers(value) < version_numbers(bound),
        "contains": lambda part: part in value,
    }
    return all(comparisons[operator](bound) for operator, bound in wanted.items())
