"""Why something could not be measured, for people: a sentence for the kind of trouble, the detail, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias

import yaml

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.results import Outcome

if TYPE_CHECKING:
    from acp_acceptance.reporting.results import Verdict
    from acp_acceptance.requirements.catalogue import Language

Texts: TypeAlias = dict[str, dict[str, list[str]]]
_LANGUAGES = ("en", "ru", "zh")
_LONG = 4000


@dataclass(frozen=True)
class Trouble:
    """What stood in the way of measuring.

    Attributes:
        says: a sentence in the reader's language; empty where the record has no kind, as older ones.
        detail: what was seen, as the target or a library said it, in English.
        next: what to do, in the reader's language.
    """

    says: str
    detail: str
    next: str

    def line(self, language: Language) -> str:
        """Give sentence and detail on one line."""
        if not self.says or not self.detail:
            return self.says or self.detail
        return phrase("told", language, says=self.says, detail=self.detail)


@cache
def texts() -> Texts:
    """Give the texts of every kind of problem: ``says``, ``next`` and perhaps ``next-node``, each in all languages."""
    file = resources.files(__package__) / "problems.yaml"
    table: Texts = yaml.safe_load(file.read_text(encoding="utf-8"))
    return table


def was_unmeasured(verdict: Verdict) -> bool:
    """Tell whether a verdict is that nothing was measured; a waiver may cover that."""
    return verdict.outcome is Outcome.BROKEN or (
        verdict.outcome is Outcome.WAIVED and not verdict.findings and not verdict.own
    )


def trouble_of(verdict: Verdict, language: Language) -> Trouble:
    """Say why a verdict is that nothing was measured."""
    detail = printable(verdict.reason or verdict.message, limit=_LONG)
    text = texts().get(verdict.problem)
    place = _LANGUAGES.index(language)
    if text is None:
        return Trouble("", detail, phrase("measure-again", language))
    step = text.get("next-node") if verdict.kind == "node" else None
    return Trouble(text["says"][place], detail, (step or text["next"])[place])


def unmeasured_message(verdict: Verdict, language: Language, target: str = "") -> str:
    """Say it whole, on one line.

    Args:
        verdict: that nothing was measured.
        language: of everything but the detail.
        target: what to say for the target's name.
    """
    trouble = trouble_of(verdict, language)
    return phrase(
        "unmeasured", language, target=target or verdict.target, told=trouble.line(language), next=trouble.next
    )
