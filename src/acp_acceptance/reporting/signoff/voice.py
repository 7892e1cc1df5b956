"""What the report says of a verdict: the catalogue's sentences, or what was recorded where the catalogue has none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.problems import trouble_of, was_unmeasured
from acp_acceptance.reporting.results import Outcome, Results, Verdict
from acp_acceptance.reporting.signoff.words import Words
from acp_acceptance.requirements.messages import Speaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.reporting.problems import Trouble
    from acp_acceptance.requirements.catalogue import Catalogue, Language, Requirement

_LONG, _EVIDENCE = 4000, 400


class Voice:
    """Says verdicts, in one language.

    A record may be older or newer than the catalogue it is shown with: what that does not know is said as it was
    recorded, in English.

    Args:
        results: the record.
        catalogue: where the sentences are.
        language: of what is said.
    """

    def __init__(self, results: Results, catalogue: Catalogue, language: Language) -> None:
        self.words = Words(language)
        self._requirements = catalogue.requirements
        self._questions = catalogue.questions
        release = results.site.release
        self._sections = catalogue.releases[release].sections if release in catalogue.releases else {}
        self._speaker = Speaker(catalogue, release, language) if self._sections else None
        self._asked: dict[tuple[str, str], str] = {}

    def requirement(self, name: str) -> Requirement | None:
        """Give a requirement that the catalogue has, and whose section the release's guide has."""
        found = self._requirements.get(name)
        return found if found is not None and found.source in self._sections else None

    def title(self, verdict: Verdict) -> str:
        """Say what was checked."""
        if self._speaker is None or verdict.requirement not in self._requirements:
            return printable(verdict.requirement)
        return self._speaker.title(verdict.requirement)

    def why(self, verdict: Verdict) -> str:
        """Say what goes wrong without it."""
        found = self.requirement(verdict.requirement)
        return found.why.in_language(self.words.language) if found else ""

    def source(self, verdict: Verdict) -> str:
        """Say which section of the guide asks for it."""
        found = self.requirement(verdict.requirement)
        if found is not None and self._speaker is not None:
            return self._speaker.source(found)
        return self.words("own-checks" if verdict.own else "unlisted")

    def asked(self, verdict: Verdict) -> str:
        """Say what is required; empty where that is not known."""
        found = self.requirement(verdict.requirement)
        if found is None or self._speaker is None or not _says(found.asks.en, verdict.values):
            return ""
        key = (verdict.requirement, repr(verdict.values))
        if key not in self._asked:
            self._asked[key] = _said(partial(self._speaker.asked, found, verdict.values), "")
        return self._asked[key]

    def observed(self, verdict: Verdict) -> str:
        """Say what was observed instead of what is required, or why nothing was."""
        if verdict.outcome in {Outcome.NOT_APPLICABLE, Outcome.NOT_RUN}:
            return printable(self.words.reason(verdict.reason), limit=_LONG)
        if was_unmeasured(verdict):
            return self.trouble(verdict).line(self.words.language)
        findings = self._findings(verdict)
        found = self.requirement(verdict.requirement)
        if findings and found and self._speaker:
            return _said(partial(self._speaker.observed, found, findings), verdict.message)
        return printable(verdict.reason or verdict.message, limit=_LONG)

    def trouble(self, verdict: Verdict) -> Trouble:
        """Say what stood in the way of measuring."""
        return trouble_of(verdict, self.words.language)

    def next_step(self, verdict: Verdict) -> str:
        """Say what to do."""
        if was_unmeasured(verdict):
            return self.trouble(verdict).next
        findings = self._findings(verdict)
        found = self.requirement(verdict.requirement)
        again = phrase("measure-again", self.words.language)
        if findings and found and self._speaker:
            return _said(partial(self._speaker.next_step, found, findings, verdict.values), again)
        return "" if verdict.own and verdict.outcome is Outcome.FAILED else again

    def waiver(self, verdict: Verdict) -> str:
        """Say what covers a failure, or did."""
        waiver = verdict.waiver
        if waiver is None:
            return ""
        name = "waiver-over" if waiver.expired else "waived-by"
        return self.words(name, expires=waiver.expires, owner=printable(waiver.owner), reason=printable(waiver.reason))

    def question(self, name: str, values: Mapping[str, Any], text: str) -> str:
        """Say a question."""
        question = self._questions.get(name)
        if question is None or self._speaker is None or question.source not in self._sections:
            return printable(text, limit=_LONG)
        return _said(partial(self._speaker.question, question, values), text)

    def evidence(self, verdict: Verdict) -> str:
        """Say what was seen while judging, or why nothing was."""
        if verdict.outcome is not Outcome.PASSED:
            return self.observed(verdict)
        said = "; ".join(f"{name}: {_plain(value)}" for name, value in verdict.evidence.items())
        # Redacted before it is cut: a secret that is cut in two may not look like one.
        full = printable(said, limit=max(1, 10 * len(said)))
        if len(full) > _EVIDENCE:
            return self.words("text-left-out", shown=full[:_EVIDENCE], count=len(full) - _EVIDENCE)
        return full or self.words("nothing-observed")

    def _findings(self, verdict: Verdict) -> list[dict[str, Any]]:
        """Give the findings that the catalogue has sentences for."""
        found = self.requirement(verdict.requirement)
        known = found.unmet if found else {}
        return [item.model_dump() for item in verdict.findings if item.sentence in known]


def _said(say: Callable[[], str], otherwise: str) -> str:
    """Say a sentence of the catalogue, or what was recorded where the record has not the values it wants."""
    try:
        text = say()
    except (LookupError, TypeError, ValueError, AttributeError):
        text = otherwise
    return printable(text, limit=_LONG)


def _says(sentence: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a sentence can be said: where nothing was judged, its values were not recorded."""
    return "{" not in sentence or bool(values)


def _plain(value: object) -> str:
    """Give a recorded value as people write it.

    >>> _plain(["rw", None, {"a": 1}])
    'rw, -, a=1'
    """
    if value is None or value == "" or value in ([], {}):
        return "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_plain(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value)
