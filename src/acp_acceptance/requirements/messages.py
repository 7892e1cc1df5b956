"""Sentences for people, in any of the languages: target, observed, required, source, next step."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.wording import wordings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from acp_acceptance.requirements.catalogue import Catalogue, Language, Question, Remedy, Requirement, Text

_FRAMES: dict[str, dict[str, str]] = {
    "en": {
        "required": "{target}: {observed}; ACP {release} requires {asked} [{source}]. Next: {next}",
        "advised": "{target}: {observed}; ACP {release} advises {asked} [{source}]. Next: {next}",
        "list": ", ",
        "nothing": "nothing",
        "and": "; ",
        "with commands": "{words}: {commands}",
    },
    "ru": {
        "required": "{target}: {observed}; ACP {release} требует: {asked} [{source}]. Далее: {next}",
        "advised": "{target}: {observed}; ACP {release} рекомендует: {asked} [{source}]. Далее: {next}",
        "list": ", ",
        "nothing": "ничего",
        "and": "; ",
        "with commands": "{words}: {commands}",
    },
    "zh": {
        "required": "{target}：{observed}；ACP {release} 要求：{asked} [{source}]。下一步：{next}",
        "advised": "{target}：{observed}；ACP {release} 建议：{asked} [{source}]。下一步：{next}",
        "list": "、",
        "nothing": "无",
        "and": "；",
        "with commands": "{words}：{commands}",
    },
}


_SHORT_RANGE = 2
_REMEDIES = 4


class Speaker:
    """Says verdicts in one language.

    Args:
        catalogue: where the sentences are.
        release: the ACP release that is judged against.
        language: of the sentences.
    """

    def __init__(self, catalogue: Catalogue, release: str, language: Language) -> None:
        self._catalogue = catalogue
        self._release = catalogue.releases[release]
        self._language = language
        self._frame = _FRAMES[language]

    def title(self, requirement: str) -> str:
        """Say what is checked."""
        return self._catalogue.requirements[requirement].title.in_language(self._language)

    def source(self, requirement: Requirement) -> str:
        """Say which section of the release's guide it comes from."""
        return self._release.sections[requirement.source].in_language(self._language)

    def asked(self, requirement: Requirement, values: Mapping[str, Any]) -> str:
        """Say what is required."""
        return self._say(requirement.asks, values)

    def question(self, question: Question, values: Mapping[str, Any]) -> str:
        """Say a question, with the section of the guide that it comes from."""
        source = self._release.sections[question.source].in_language(self._language)
        return f"{self._say(question.asks, values)} [{source}]"

    def observed(self, requirement: Requirement, findings: list[dict[str, Any]]) -> str:
        """Say what was observed instead; findings are ``{"sentence", "observed"}``."""
        says = (self._say(requirement.unmet[item["sentence"]].says, item["observed"]) for item in findings)
        return self._frame["and"].join(dict.fromkeys(says))

    def next_step(self, requirement: Requirement, findings: list[dict[str, Any]], values: Mapping[str, Any]) -> str:
        """Say what to do, with the commands that do it."""
        remedies: dict[str, None] = {}
        for item in findings:
            remedy = requirement.unmet[item["sentence"]].remedy or requirement.remedy
            remedies[self._remedy(remedy, {**values, **item["observed"]})] = None
            if len(remedies) == _REMEDIES:
                # What is mended first shows how the others are mended.
                break
        return self._frame["and"].join(remedies or {self._remedy(requirement.remedy, values): None})

    def message(self, requirement: str, target: str, findings: list[dict[str, Any]], values: Mapping[str, Any]) -> str:
        """Say a failure whole, on one line."""
        definition = self._catalogue.requirements[requirement]
        return self._frame[definition.severity].format(
            target=target,
            observed=self.observed(definition, findings),
            release=self._release.release,
            asked=self.asked(definition, values),
            source=self.source(definition),
            next=self.next_step(definition, findings, values),
        )

    def _remedy(self, remedy: Remedy, values: Mapping[str, Any]) -> str:
        commands = " && ".join(command.format_map(_Filling(values, _as_arguments)) for command in remedy.commands)
        words = self._say(remedy.words, values)
        return self._frame["with commands"].format(words=words, commands=commands) if commands else words

    def _say(self, text: Text, values: Mapping[str, Any]) -> str:
        # Values are put in as they are: braces in them mean nothing.
        return text.in_language(self._language).format_map(_Filling(values, self._as_words))

    def _as_words(self, value: object) -> str:
        if isinstance(value, Mapping) and "wording" in value:
            return self._worded(value["wording"], value["values"])
        if isinstance(value, Mapping):
            value = [f"{key}: {item}" for key, item in value.items()]
        if isinstance(value, (list, tuple)):
            shown = [self._as_words(item) if isinstance(item, Mapping) else item for item in value]
            return self._frame["list"].join(_with_ranges(shown)) or self._frame["nothing"]
        return str(value)

    def _worded(self, name: str, values: Mapping[str, Any]) -> str:
        """Say what a :class:`~acp_acceptance.model.wording.Wording` became in the record."""
        requirement, _, sentence = name.rpartition("/")
        if requirement:
            return self._say(self._catalogue.requirements[requirement].unmet[sentence].says, values)
        return wordings()[name][self._language].format_map(_Filling(values, self._as_words))


def _with_ranges(items: Sequence[object]) -> list[str]:
    """Give items as text; whole numbers that follow each other become a range.

    >>> _with_ranges([22, 10249, 10250, 10251, "x"])
    ['22', '10249-10251', 'x']
    """
    shown: list[str] = []
    for _, group in groupby(enumerate(items), lambda pair: pair[1] - pair[0] if type(pair[1]) is int else str(pair[1])):
        run = [item for _, item in group]
        shown += [f"{run[0]}-{run[-1]}"] if len(run) > _SHORT_RANGE else map(str, run)
    return shown


def _as_arguments(value: object) -> str:
    return shlex.join(map(str, value if isinstance(value, (list, tuple)) else [value]))


class _Filling(dict[str, object]):
    """Values for a sentence's names; one that is missing shows as its own name in braces."""

    def __init__(self, values: Mapping[str, Any], show: Callable[[object], str]) -> None:
        super().__init__()
        self._values = values
        self._show = show

    def __missing__(self, name: str) -> object:
        value = self._values.get(name, f"{{{name}}}")
        if isinstance(value, Mapping) and "wording" in value:
            return self._show(value)
        if isinstance(value, Mapping) and value and not isinstance(next(iter(value.values())), Mapping):
            return _Sizes(value, self._show)
        return value if isinstance(value, Mapping) else self._show(value)


class _Sizes(dict[str, Any]):
    """A mapping of which a sentence says an item (``{sizes[a]}``), or all of it."""

    def __init__(self, values: Mapping[str, Any], show: Callable[[object], str]) -> None:
        super().__init__(values)
        self._show = show

    def __format__(self, _form: str) -> str:
        return self._show(dict(self))
