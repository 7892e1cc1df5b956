"""Reading raw objects of an API whose fields may be missing, odd or hostile: nothing here raises.

A field of another type than the one asked for counts as missing: what judges must not take that for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from acp_acceptance.model.text import printable

_MOST_ITEMS = 10_000


def at(raw: object, *path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Give what lies at ``path``; ``None`` where a part of the way is missing."""
    for name in path:
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(name)
    return raw


def text(raw: object, *path: str, limit: int = 500) -> str:
    """Give a text as one printable line without secrets; empty where there is none."""
    found = at(raw, *path)
    return printable(found, limit=limit) if isinstance(found, str) else ""


def number(raw: object, *path: str) -> int | None:
    """Give a whole number."""
    found = at(raw, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(raw: object, *path: str) -> bool | None:
    """Give a truth value."""
    found = at(raw, *path)
    return found if isinstance(found, bool) else None


def items(raw: object, *path: str) -> Sequence[Any]:
    """Give a list, of a bounded length; empty where there is none."""
    found = at(raw, *path)
    return found[:_MOST_ITEMS] if isinstance(found, list) else ()


def mapping(raw: object, *path: str) -> Mapping[str, Any]:
    """Give an object; empty where there is none."""
    found = at(raw, *path)
    return found if isinstance(found, Mapping) else {}


def time(raw: object, *path: str) -> datetime | None:
    """Give a time as the API writes it (RFC 3339, UTC)."""
    found = at(raw, *path)
    if not isinstance(found, str):
        return None
    try:
        read = datetime.fromisoformat(found.replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def name_of(raw: object) -> str:
    """Give an object's name, with its namespace before it where it has one (``cpaas-system/sentry``)."""
    namespace, name = text(raw, "metadata", "namespace"), text(raw, "metadata", "name")
    return f"{namespace}/{name}" if namespace else name
