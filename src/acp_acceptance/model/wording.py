"""Words for what is observed, which a sentence of the catalogue holds as a value and says in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Wording:
    """Words whose language is chosen when they are read; as text, they are English.

    Attributes:
        name: of ``wordings.yaml``; or of another requirement's sentence, as ``<requirement>/<sentence>``.
        values: for the ``{names}`` in it; some may be wordings themselves.
    """

    name: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in English, or, where it is another requirement's sentence, by that one's name and values."""
        known = wordings().get(self.name)
        if known:
            return known["en"].format_map(self.values)
        return "; ".join([self.name.rpartition("/")[2].replace("_", " "), *map(str, self.values.values())])


def wording(name: str, /, **values: object) -> Wording:
    """Give words by their name, with values."""
    return Wording(name, values)


def in_english(observed: object) -> str:
    """Say what was observed in one line: words, or a list of them."""
    return ", ".join(map(str, observed)) if isinstance(observed, (list, tuple)) else str(observed)


@cache
def wordings() -> Mapping[str, Mapping[str, str]]:
    """Give all of them by name and language."""
    text = resources.files("acp_acceptance.model").joinpath("wordings.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
