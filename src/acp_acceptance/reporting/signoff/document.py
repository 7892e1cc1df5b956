"""The report as data: everything it says, in one language, before it is laid out as HTML or PDF."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.grouping import alike, area_of, blamed, by_area, cell_of, rows_of_targets
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.problems import was_unmeasured
from acp_acceptance.reporting.results import Outcome, Results, Verdict, blocks
from acp_acceptance.reporting.signoff.cover import Cover, cover_of
from acp_acceptance.reporting.signoff.parts import (
    Asked,
    Finding,
    FindingList,
    GivenWaiver,
    LeftOut,
    Mark,
    Names,
    Picture,
    PictureRow,
    Section,
    Seen,
    Traced,
    Witness,
)
from acp_acceptance.reporting.signoff.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.reporting.grouping import Cell
    from acp_acceptance.requirements.catalogue import Catalogue, Language

_FEW = 3
_LISTS = (
    ("required-failed", "required", Outcome.FAILED, "failed"),
    ("required-broken", "required", Outcome.BROKEN, "broken"),
    ("advised-failed", "advised", Outcome.FAILED, "advice"),
    ("advised-broken", "advised", Outcome.BROKEN, "advice"),
)
_MARKS = {"failed": "✕", "broken": "?", "waived": "~", "left": "…", "advice": "!", "ok": "✓", "none": ""}


class Document:
    """The whole report.

    Args:
        results: the record.
        catalogue: where its sentences are.
        language: of the report.
        digest: SHA-256 of the record's file, so that what is signed is bound to it; empty where there is no file.
    """

    def __init__(self, results: Results, catalogue: Catalogue, language: Language, digest: str = "") -> None:
        self.results = results
        self.language = language
        self.voice = Voice(results, catalogue, language)
        self.words = self.voice.words
        self.cover: Cover = cover_of(results, self.words, digest, self._next_undone())
        self._of_requirement = {
            group[0].requirement: len(group)
            for group in alike(results.verdicts, key=lambda verdict: verdict.requirement)
        }

    def _next_undone(self) -> str:
        """Say the next thing to do after a failover; empty where nothing is, or there was none."""
        step = self.results.next_step
        found = [item for item in self.results.verdicts if step and item.requirement == step.requirement]
        open_ones = [item for item in found if item.findings or item.outcome is Outcome.BROKEN]
        if not step or not open_ones:
            return printable(step.message) if step else ""
        return f"{self.voice.title(open_ones[0])}{self.words('colon')}{self.voice.next_step(open_ones[0])}"

    # --- the picture

    @cached_property
    def picture(self) -> Picture:
        """Nodes by areas; of a cluster, which has targets of many kinds, its areas."""
        verdicts = self.results.verdicts
        kinds = ("failed", "broken", "waived", "advice", "ok", "left", "none")
        legend = tuple(Mark(kind, _MARKS[kind], self.words(f"legend-{kind}")) for kind in kinds)
        if any(verdict.kind == "node" for verdict in verdicts):
            areas, rows = rows_of_targets(verdicts)
            nodes = {verdict.target for verdict in verdicts if verdict.kind == "node"}
            return Picture(
                self.words("picture-nodes"),
                self.words("targets"),
                tuple(map(self.words.area, areas)),
                tuple(
                    PictureRow(self._names(row.targets, nodes=nodes.issuperset(row.targets)), self._marks(row.cells))
                    for row in rows
                ),
                legend,
            )
        return Picture(
            self.words("picture-areas"),
            self.words("picture-areas"),
            (self.words("result"),),
            tuple(
                PictureRow(Names(self.words.area(area)), self._marks([cell_of(found)]), self._names(blamed(found)))
                for area, found in by_area(verdicts).items()
            ),
            legend,
        )

    def _marks(self, cells: Iterable[Cell]) -> tuple[Mark, ...]:
        return tuple(Mark(cell.kind, _MARKS[cell.kind], self._cell_text(cell)) for cell in cells)

    def _cell_text(self, cell: Cell) -> str:
        return self.words(f"cell-{cell.kind}", count=cell.count)

    # --- findings

    @cached_property
    def lists(self) -> list[FindingList]:
        """Failures and what could not be measured, the gravest first."""
        lists = []
        for name, severity, outcome, kind in _LISTS:
            chosen = [item for item in self.results.verdicts if item.severity == severity and item.outcome is outcome]
            if chosen:
                title = phrase(name, self.language)
                lists.append(FindingList(name, title, kind, len(chosen), tuple(self._findings(chosen))))
        return lists

    @cached_property
    def waived(self) -> FindingList | None:
        """Failures that a waiver covers."""
        chosen = [item for item in self.results.verdicts if item.outcome is Outcome.WAIVED]
        found = tuple(self._findings(chosen))
        return FindingList("waived", self.words("waived"), "waived", len(chosen), found) if found else None

    def _findings(self, verdicts: list[Verdict]) -> list[Finding]:
        """Gather verdicts by requirement; requirements of which the very same is said share a finding."""
        found: dict[tuple[object, ...], list[Asked]] = {}
        for group in alike(verdicts, key=lambda verdict: verdict.requirement):
            seen = tuple(self._seen(same) for same in alike(group, key=self._said))
            # What failed is one requirement's; what stands in the way of measuring is often the same for several.
            key = (seen, "" if group[0].outcome is Outcome.BROKEN else group[0].requirement)
            found.setdefault(key, []).append(self._asked(group))
        return [_finding(tuple(asked), key[0]) for key, asked in found.items()]  # type: ignore[arg-type]

    def _said(self, verdict: Verdict) -> tuple[str, str, str, str]:
        """Give what was observed, its technical detail, the next step, and what covers it."""
        waiver = self.voice.waiver(verdict)
        if was_unmeasured(verdict):
            trouble = self.voice.trouble(verdict)
            # A record of an older version has no more than the detail.
            said = (trouble.says, trouble.detail) if trouble.says else (trouble.detail, "")
            return (*said, trouble.next, waiver)
        return (self.voice.observed(verdict), "", self.voice.next_step(verdict), waiver)

    def _seen(self, same: list[Verdict]) -> Seen:
        nodes = all(verdict.kind == "node" for verdict in same)
        return Seen(self._names([verdict.target for verdict in same], nodes=nodes), *self._said(same[0]))

    def _asked(self, group: list[Verdict]) -> Asked:
        first = group[0]
        return Asked(
            printable(first.requirement),
            self.voice.title(first),
            self._required(group),
            self.voice.source(first),
            self.voice.why(first),
        )

    def _required(self, group: Iterable[Verdict]) -> str:
        return " / ".join(dict.fromkeys(filter(None, map(self.voice.asked, group))))

    # --- what is beside the findings

    @cached_property
    def waivers(self) -> list[GivenWaiver]:
        """The waivers that the run was given, also those that covered nothing."""
        given = []
        for item in self.results.waivers:
            known = self.voice.requirement(item.requirement)
            given.append(
                GivenWaiver(
                    printable(item.requirement),
                    known.title.in_language(self.language) if known else "",
                    printable(item.targets),
                    printable(item.reason),
                    printable(item.owner),
                    item.expires,
                    item.state,
                    self.words(f"waiver-{item.state}"),
                    self._names(item.covers) if item.covers else None,
                )
            )
        return given

    @cached_property
    def not_applicable(self) -> list[LeftOut]:
        """What was not applicable, and why."""
        return self._left_out(Outcome.NOT_APPLICABLE)

    @cached_property
    def not_run(self) -> list[LeftOut]:
        """What was planned and not run, and why."""
        return self._left_out(Outcome.NOT_RUN)

    def _left_out(self, outcome: Outcome) -> list[LeftOut]:
        chosen = [item for item in self.results.verdicts if item.outcome is outcome]
        return [
            LeftOut(
                printable(group[0].requirement),
                self.voice.title(group[0]),
                tuple(
                    (self.voice.observed(same[0]), self._names_of(same))
                    for same in alike(group, key=self.voice.observed)
                ),
            )
            for group in alike(chosen, key=lambda verdict: verdict.requirement)
        ]

    @cached_property
    def questions(self) -> list[str]:
        """What the people who sign have to answer."""
        return [self.voice.question(item.id, item.values, item.text) for item in self.results.questions]

    @cached_property
    def sections(self) -> list[Section]:
        """The guide's sections, their requirements, and what came of each on every target."""
        groups = alike(self.results.verdicts, key=lambda verdict: verdict.requirement)
        return [
            Section(self.voice.source(of_section[0][0]), tuple(map(self._traced, of_section)))
            for of_section in alike(groups, key=lambda group: self.voice.source(group[0]))
        ]

    def _traced(self, group: list[Verdict]) -> Traced:
        first = group[0]
        tally = alike(sorted(group, key=lambda item: list(Outcome).index(item.outcome)), key=lambda item: item.outcome)
        witnesses = alike(
            sorted(group, key=lambda item: not (blocks(item) or item.outcome is Outcome.FAILED)),
            key=lambda item: (item.outcome, self.voice.evidence(item)),
        )
        cell = cell_of(group)
        return Traced(
            printable(first.requirement),
            self.voice.title(first),
            self.words(f"severity-{first.severity}"),
            self._required(group),
            Mark(cell.kind, _MARKS[cell.kind], self._cell_text(cell)),
            ", ".join(f"{len(same)} {self.words.outcome(same[0].outcome.value)}" for same in tally),
            tuple(
                Witness(
                    same[0].outcome.value,
                    self.words.outcome(same[0].outcome.value),
                    self._names_of(same),
                    self.voice.evidence(same[0]),
                )
                for same in witnesses
            ),
        )

    # --- names

    def _names_of(self, verdicts: list[Verdict]) -> Names:
        """Name targets of one requirement; all of them need not be listed."""
        if len(verdicts) == self._of_requirement[verdicts[0].requirement] > _FEW:
            return Names(self.words("all-targets", count=len(verdicts)))
        return self._names([item.target for item in verdicts], nodes=all(item.kind == "node" for item in verdicts))

    def _names(self, targets: Iterable[str], *, nodes: bool = False) -> Names:
        names = tuple(printable(target) for target in targets)
        if len(names) <= _FEW:
            return Names(", ".join(names))
        return Names(self.words("same-node" if nodes else "same", count=len(names)), names)

    @property
    def accepts(self) -> bool:
        """Whether signing means that the site is accepted."""
        return self.results.verdict == "accepted"

    @property
    def areas(self) -> list[str]:
        """The areas that were judged."""
        return list(dict.fromkeys(map(area_of, self.results.verdicts)))


def _finding(asked: tuple[Asked, ...], seen: tuple[Seen, ...]) -> Finding:
    steps = {item.next for item in seen}
    return Finding(asked, seen, steps.pop() if len(steps) == 1 else "")
