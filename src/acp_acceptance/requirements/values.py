"""Values of a release, chosen for one target.

A value in a release's file is a constant (any scalar or list), or rules::

    cores:
      rules:                                  # the first whose condition holds decides
        - {when: {topology: single_node}, value: 12}
        - {when: {role: control_plane}, value: 8}
      otherwise: 4                            # where no condition holds; without it the requirement does not apply
      raised_by: minimum_cores                # the inventory may ask for more
    ports:
      union:                                  # all whose conditions hold, together
        - {when: {role: control_plane}, value: [2379, "10249-10256"]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.requirements.conditions import Truth, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.requirements.conditions import Dimensions


class NoValueError(Exception):
    """The release gives this target no value; the requirement does not apply to it. The message says why."""


def possible(value: Any) -> list[Any]:  # noqa: ANN401 - whatever YAML holds
    """Give every value that a constant, rules or a union can come to, each once."""
    if not isinstance(value, dict) or not {"rules", "union"} & value.keys():
        return [value]
    found = [rule["value"] for rule in value.get("rules") or value["union"]]
    found += [value["otherwise"]] if value.get("otherwise") is not None else []
    return [item for number, item in enumerate(found) if item not in found[:number]]


def choose(values: Mapping[str, Any], dimensions: Dimensions) -> dict[str, Any]:
    """Choose each of ``values`` for the target that ``dimensions`` describe.

    Raises:
        NoValueError: rules leave one of them without a value.
        CollectionError: a rule depends on what was not measured.
    """
    return {name: _choose(value, dimensions) for name, value in values.items()}


def _choose(value: Any, dimensions: Dimensions) -> Any:  # noqa: ANN401 - whatever YAML holds
    if isinstance(value, dict) and "rules" in value:
        chosen = _first(value, dimensions)
        raised = dimensions[value["raised_by"]]() if "raised_by" in value else None
        return chosen if raised is None else max(chosen, raised)
    if isinstance(value, dict) and "union" in value:
        return _union(value["union"], dimensions)
    return value


def _first(value: dict[str, Any], dimensions: Dimensions) -> Any:  # noqa: ANN401 - whatever YAML holds
    reasons = []
    for rule in value["rules"]:
        judged = judge(rule.get("when", {}), dimensions)
        if judged.truth is Truth.UNKNOWN:
            raise CollectionError(judged.reason, kind=judged.kind)
        if judged.truth is Truth.HOLDS:
            return rule["value"]
        reasons.append(judged.reason)
    if "otherwise" in value:
        return value["otherwise"]
    raise NoValueError("; ".join(dict.fromkeys(reasons)))


def _union(rules: list[dict[str, Any]], dimensions: Dimensions) -> list[Any]:
    together: dict[Any, None] = {}
    for rule in rules:
        judged = judge(rule.get("when", {}), dimensions)
        if judged.truth is Truth.UNKNOWN:
            raise CollectionError(judged.reason, kind=judged.kind)
        if judged.truth is Truth.HOLDS:
            together.update(dict.fromkeys(item for entry in rule["value"] for item in _expanded(entry)))
    if not together:
        raise NoValueError("the release asks nothing of this target")
    return list(together)


def _expanded(entry: int | str) -> list[int | str]:
    """Expand a range of numbers (``"10249-10256"``); anything else stands for itself."""
    first, dash, last = str(entry).partition("-")
    if dash and first.isdigit() and last.isdigit():
        return list(range(int(first), int(last) + 1))
    return [entry]
