"""What the report is made of, in one language: data that HTML and PDF lay out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Names of targets that share something.

    Attributes:
        label: what is shown: the names where they are few, else how many there are.
        listed: all names, where the label does not say them.
    """

    label: str
    listed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """One cell of the picture: its kind (see :class:`Cell`), sign, and words."""

    kind: str
    sign: str
    text: str


@dataclass(frozen=True)
class PictureRow:
    """Targets, or an area, with their cells; ``blamed`` are the targets with failures where a row is an area."""

    names: Names
    cells: tuple[Mark, ...]
    blamed: Names | None = None


@dataclass(frozen=True)
class Picture:
    """What people see at a glance."""

    title: str
    first: str
    columns: tuple[str, ...]
    rows: tuple[PictureRow, ...]
    legend: tuple[Mark, ...]


@dataclass(frozen=True)
class Asked:
    """A requirement that a finding is about."""

    id: str
    title: str
    required: str
    source: str
    why: str


@dataclass(frozen=True)
class Seen:
    """What was seen on some targets, the same on all of them.

    Attributes:
        names: the targets.
        observed: what was seen, or the sentence that says what stood in the way of it.
        detail: where nothing was measured, what the target or a library said, in English.
        next: what to do.
        waiver: what covers it.
    """

    names: Names
    observed: str
    detail: str
    next: str
    waiver: str


@dataclass(frozen=True)
class Finding:
    """One way in which requirements are not met or not measured, with all that was seen of it.

    Attributes:
        next: the next step where it is the same for all that was seen; else each has its own.
    """

    asked: tuple[Asked, ...]
    seen: tuple[Seen, ...]
    next: str


@dataclass(frozen=True)
class FindingList:
    """Findings of one kind; ``count`` is how many verdicts they are."""

    id: str
    title: str
    kind: str
    count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class GivenWaiver:
    """A waiver that the run was given."""

    requirement: str
    title: str
    targets: str
    reason: str
    owner: str
    expires: str
    state: str
    state_text: str
    covers: Names | None


@dataclass(frozen=True)
class LeftOut:
    """A requirement that was not judged on some targets, with the reasons."""

    id: str
    title: str
    reasons: tuple[tuple[str, Names], ...]


@dataclass(frozen=True)
class Witness:
    """Targets with the same outcome and the same evidence."""

    outcome: str
    outcome_text: str
    names: Names
    evidence: str


@dataclass(frozen=True)
class Traced:
    """A requirement of a section of the guide, and what came of it."""

    id: str
    title: str
    severity: str
    required: str
    result: Mark
    counts: str
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True)
class Section:
    """A section of the guide."""

    title: str
    requirements: tuple[Traced, ...]
