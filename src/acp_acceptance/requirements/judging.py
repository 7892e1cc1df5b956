"""A requirement as one target owes it: what a test is given, and what it raises when it is not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from acp_acceptance.model.text import printable
from acp_acceptance.model.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.requirements.catalogue import Requirement

_SHOWN_ITEMS = 20


@dataclass(frozen=True)
class Finding:
    """One way in which a requirement is not met.

    Attributes:
        sentence: name of the catalogue's sentence that says it.
        observed: the values for that sentence: numbers and printable text only.
    """

    sentence: str
    observed: dict[str, Any]


class Unmet(AssertionError):  # noqa: N818 - reads as the verdict it is
    """A requirement was measured and is not met.

    Attributes:
        findings: what was observed instead, as data, so that reports can say it in any language.
        said: the catalogue's sentence, once somebody has said it.
    """

    said = ""

    def __init__(self, requirement: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(requirement, findings)
        self.requirement = requirement
        self.findings = findings

    def __str__(self) -> str:
        """Say it without the catalogue, for a traceback, until that was asked."""
        return self.said or f"{self.requirement}: " + "; ".join(
            f"{item.sentence} {item.observed}" for item in self.findings
        )


class NothingJudgedError(Exception):
    """A check ended without judging anything; that is a fault of the check, and no pass."""


@dataclass
class OwedRequirement:
    """One requirement on one target, with the values the release gives it there.

    Attributes:
        definition: the catalogue's entry.
        target: the target's name.
        values: what the release asks of this target.
        findings: what was found so far.
        evidence: everything that was observed while judging, met or not.
    """

    definition: Requirement
    target: str
    values: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)
    judged: int = 0

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a number or a list, as the release's file has it
        """Give a value of the release (``requirement["cores"]``)."""
        return self.values[name]

    def expect(self, met: object, sentence: str, **observed: object) -> None:
        """State what must hold.

        All statements of a check are judged, so that a person sees at once everything that is to be mended.

        Args:
            met: whether it holds.
            sentence: name of the catalogue's sentence that says what was observed where it does not hold.
            observed: values for that sentence; also kept as evidence where it holds.
        """
        self.judged += 1
        shown = {name: presentable(value) for name, value in observed.items()}
        self.evidence.update(shown)
        if not met:
            self.findings.append(Finding(sentence, shown))

    def expect_nothing(self, faults: Iterable[Fault]) -> None:
        """State that there are no faults, each a sentence's name with its values.

        What a generator gave before it raised is found all the same.
        """
        self.judged += 1
        for sentence, observed in faults:
            self.expect(met=False, sentence=sentence, **observed)

    def conclude(self) -> None:
        """End the check.

        Raises:
            Unmet: something that must hold does not.
            NothingJudgedError: the check stated nothing.
        """
        if self.findings:
            raise Unmet(self.definition.id, tuple(self.findings))
        if not self.judged:
            raise NothingJudgedError(f"{self.definition.id} judged nothing")


def presentable(value: object) -> object:
    """Make a value safe for records and sentences: printable text, numbers, wordings, short lists of them."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Wording):
        return {"wording": value.name, "values": {name: presentable(item) for name, item in value.values.items()}}
    if isinstance(value, Mapping):
        return presentable([f"{key}: {item}" for key, item in value.items()])
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else list(value)
        shown = [presentable(item) for item in items[:_SHOWN_ITEMS]]
        return shown if len(items) <= _SHOWN_ITEMS else [*shown, f"… ({len(items)} in all)"]
    return printable(str(value))


Check = TypeVar("Check", bound="Callable[..., None]")
Kind = Literal["node", "cluster", "site"]


def verifies(*ids: str) -> Callable[[Check], Check]:
    """Say which requirements a test verifies; their targets and values come from the plan.

    More than one id is for requirements that differ in their values only (``cpu-cores`` and ``cpu-cores-advised``).
    """

    def mark(check: Check) -> Check:
        check.verifies = ids  # type: ignore[attr-defined]
        return check

    return mark
