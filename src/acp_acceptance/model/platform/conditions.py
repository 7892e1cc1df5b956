"""Conditions, as most of Kubernetes' resources report their state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 50


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        type: what it is about.
        status: ``True``, ``False`` or ``Unknown``; empty where the object does not say.
        reason: one word.
        message: for people.
        since: when the status last changed; ``None`` where the object does not say.
    """

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None


def conditions_of(found: object) -> tuple[Condition, ...]:
    """Read the conditions in an object's status."""
    return tuple(
        Condition(
            type=raw.text(item, "type"),
            status=raw.text(item, "status"),
            reason=raw.text(item, "reason"),
            message=raw.text(item, "message"),
            since=raw.time(item, "lastTransitionTime"),
        )
        for item in raw.items(found, "status", "conditions")[:_MOST]
    )


def condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Give the condition of one type; ``None`` where it is not there."""
    return next((item for item in conditions if item.type == kind), None)
