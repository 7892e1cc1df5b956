"""Objects of which parts are missing or odd, as nobody should send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD: tuple[Any, ...] = (None, "", "x", 7, -1, 1.5, True, [], ["x"], {}, {"x": "y"}, [[{}]], {"name": {"name": 1}})
"""What may stand where something else is expected."""


def with_odd_parts(item: Any) -> Iterator[Any]:
    """Give an object again and again, each time with one part of it missing or odd."""
    if isinstance(item, dict):
        for key, value in item.items():
            yield {name: other for name, other in item.items() if name != key}
            for odd in ODD:
                yield {**item, key: odd}
            for part in with_odd_parts(value):
                yield {**item, key: part}
    elif isinstance(item, list):
        for position, value in enumerate(item):
            for part in (*ODD, *with_odd_parts(value)):
                yield [*item[:position], part, *item[position + 1 :]]
