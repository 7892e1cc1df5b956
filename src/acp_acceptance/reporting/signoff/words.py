"""The report's own words, in its languages."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from acp_acceptance.reporting.phrases import phrase

if TYPE_CHECKING:
    from acp_acceptance.requirements.catalogue import Language

_LANGUAGES = ("en", "ru", "zh")
_ASKS_NOTHING = re.compile(r"ACP (?P<release>\S+) asks nothing here: (?P<what>.*)")

_PARTIAL = {
    "partial-targets": re.compile(r"(?P<judged>\d+) of (?P<targets>\d+) targets"),
    "partial-checks": re.compile(r"(?P<count>\d+) checks of the chosen targets were not run"),
    "partial-own": re.compile(r"no requirement of the suite was run, only the site's own checks"),
}


@cache
def _table() -> dict[str, list[str]]:
    file = resources.files(__package__) / "words.yaml"
    table: dict[str, list[str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return table


class Words:
    """Says the report's words in one language.

    Args:
        language: of the words.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = _LANGUAGES.index(language)

    def __call__(self, name: str, /, **values: object) -> str:
        """Give a word, with its values filled in."""
        text = _table()[name][self._place]
        return text.format(**values) if values else text

    def plain(self) -> dict[str, str]:
        """Give all words that take no value."""
        return {name: texts[self._place] for name, texts in _table().items() if "{" not in texts[0]}

    def known(self, name: str, otherwise: str) -> str:
        """Give a word that there may be none for, such as that of an area which was added since."""
        return self(name) if name in _table() else otherwise

    def outcome(self, name: str) -> str:
        """Name an outcome."""
        return phrase(name, self.language)

    def area(self, area: str) -> str:
        """Name an area."""
        return self.known(f"area-{area}", area)

    def reason(self, reason: str) -> str:
        """Say why something was not applicable or not run; what has no translation stands as it was recorded.

        >>> Words("en").reason("recovery_pair is False; os is ubuntu")
        'disaster recovery pair: no; operating system: ubuntu'
        """
        found = _ASKS_NOTHING.fullmatch(reason)
        if found:
            return self("reason-asks-nothing", release=found["release"], what=self.reason(found["what"]))
        if f"reason-{reason}" in _table():
            return self(f"reason-{reason}")
        return self("and").join(map(self._condition, reason.split("; ")))

    def partial(self, reason: str) -> str:
        """Say why a run does not cover everything; what has no translation stands as it was recorded.

        >>> Words("ru").partial("3 of 7 targets")
        'Объектов: 3 из 7'
        """
        for name, pattern in _PARTIAL.items():
            found = pattern.fullmatch(reason)
            if found:
                return self(name, **found.groupdict()) if found.groupdict() else self(name)
        return reason

    def _condition(self, text: str) -> str:
        dimension, _, value = text.partition(" is ")
        if f"dimension-{dimension}" not in _table():
            return text
        # A node has several roles, a site several kinds of storage.
        parts = value.split(", ")
        known = parts if all(f"value-{part}" in _table() for part in parts) else [value]
        return f"{self(f'dimension-{dimension}')}{self('colon')}" + ", ".join(
            self.known(f"value-{part}", part) for part in known
        )
