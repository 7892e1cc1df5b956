"""The words that error messages share. Nothing that could be a password leaves this module readable."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN_LENGTH = 60
_PASSWORD_OF_A_URL = re.compile(r":.*@", re.DOTALL)


def shown(text: str) -> str:
    """Quote a value for a message; made safe as in :func:`safe`."""
    return f'"{safe(text)}"'


def safe(text: str) -> str:
    """Make text fit for a message: one printable line, shortened, without the password of ``user:password@host``."""
    if "@" in text:
        text = _PASSWORD_OF_A_URL.sub(":***@", text)
    if len(text) > _SHOWN_LENGTH:
        text = text[: _SHOWN_LENGTH - 1] + "…"
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def near_misses(word: str, known: Iterable[str]) -> list[str]:
    """Give up to three of ``known`` that somebody who wrote ``word`` may have meant, nearest first."""
    by_form = {_form(name): name for name in known}
    return [by_form[form] for form in difflib.get_close_matches(_form(word), by_form, n=3, cutoff=0.75)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give ``; did you mean ...?`` where something of ``known`` resembles ``word``, else nothing."""
    meant = near_misses(word, known)
    return f"; did you mean {' or '.join(map(safe, meant))}?" if meant else ""


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Give names as a list in a sentence, shortened when they are many."""
    every = [safe(name) for name in names]
    if len(every) <= limit:
        return ", ".join(every)
    return f"{', '.join(every[:limit])} and {len(every) - limit} more"


def _form(word: str) -> str:
    return word.lower().replace("-", "_")
