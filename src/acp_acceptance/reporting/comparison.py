"""Two records side by side: what was mended, what is new, what is still open, and what changed about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.reporting.grouping import alike
from acp_acceptance.reporting.results import Outcome, Results, Verdict
from acp_acceptance.reporting.signoff.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.requirements.catalogue import Catalogue, Language

_OPEN = {Outcome.FAILED, Outcome.BROKEN, Outcome.WAIVED}
KINDS = ("new", "open", "changed", "mended", "gone")
_NAMED = 3


@dataclass(frozen=True)
class Difference:
    """What became of one requirement on one target.

    Attributes:
        kind: ``new``: met or unknown before, and open now; ``open``: open before and now, with the same outcome and
            evidence; ``changed``: open before and now, with another outcome or other evidence; ``mended``: open before,
            and met now; ``gone``: open before, and not judged now, so that nobody knows.
        old: the verdict before; ``None`` where there was none.
        new: the verdict now; ``None`` where there is none.
    """

    kind: str
    old: Verdict | None
    new: Verdict | None

    @property
    def either(self) -> Verdict:
        """The newer verdict there is."""
        found = self.new or self.old
        assert found is not None
        return found


def compare(old: Results, new: Results) -> list[Difference]:
    """Compare two records, in the order of :data:`KINDS`."""
    before = {verdict.key: verdict for verdict in old.verdicts}
    now = {verdict.key: verdict for verdict in new.verdicts}
    found = []
    for key in {**now, **before}:
        kind = _kind(before.get(key), now.get(key))
        if kind:
            found.append(Difference(kind, before.get(key), now.get(key)))
    return sorted(found, key=lambda item: KINDS.index(item.kind))


def _kind(old: Verdict | None, new: Verdict | None) -> str:
    was, is_ = old is not None and old.outcome in _OPEN, new is not None and new.outcome in _OPEN
    if is_ and not was:
        return "new"
    if not was:
        return ""
    if is_:
        assert old is not None
        assert new is not None
        return "open" if _state(old) == _state(new) else "changed"
    return "mended" if new is not None and new.outcome in {Outcome.PASSED, Outcome.NOT_APPLICABLE} else "gone"


def _state(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.outcome, verdict.findings, verdict.reason if verdict.outcome is Outcome.BROKEN else "")


class ComparisonText:
    """Says a comparison, a line for each requirement of which the same is said.

    Args:
        old: the record before.
        new: the record now.
        catalogue: where the sentences are.
        language: of the lines.
    """

    def __init__(self, old: Results, new: Results, catalogue: Catalogue, language: Language) -> None:
        self._old, self._new = Voice(old, catalogue, language), Voice(new, catalogue, language)
        self._words = self._new.words
        self.differences = compare(old, new)

    def lines(self) -> Iterator[str]:
        """Give the lines, without colours; the last one counts."""
        for kind in KINDS:
            chosen = [item for item in self.differences if item.kind == kind]
            if chosen:
                yield f"{self._words(f'diff-{kind}')} ({len(chosen)})"
                for same in alike(chosen, key=lambda item: (item.either.requirement, self._said(item))):
                    names = self._names([item.either.target for item in same])
                    yield f"  {same[0].either.requirement}  {names}: {self._said(same[0])}"
        if not self.differences:
            yield self._words("diff-none")

    def _said(self, item: Difference) -> str:
        if item.kind == "changed":
            assert item.old is not None
            assert item.new is not None
            return f"{self._state(self._old, item.old)} → {self._state(self._new, item.new)}"
        if item.kind in {"new", "open"}:
            assert item.new is not None
            return self._state(self._new, item.new)
        assert item.old is not None
        return self._state(self._old, item.old)

    def _state(self, voice: Voice, verdict: Verdict) -> str:
        return f"{self._words.outcome(verdict.outcome.value)}: {voice.observed(verdict)}"

    def _names(self, targets: list[str]) -> str:
        return ", ".join(targets) if len(targets) <= _NAMED else self._words("same", count=len(targets))
