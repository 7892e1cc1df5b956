"""The record on a terminal: the verdict, targets by areas, and each failure as a message with its next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from acp_acceptance.reporting.grouping import OWN, Cell, blamed, by_area, cell_of, rows_of_targets
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.problems import unmeasured_message, was_unmeasured
from acp_acceptance.reporting.results import Outcome, Results, Verdict
from acp_acceptance.requirements.messages import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from acp_acceptance.requirements.catalogue import Catalogue, Language

_NAMED_TARGETS = 3
_SECTIONS = (
    ("required-failed", "required", Outcome.FAILED, "red"),
    ("required-broken", "required", Outcome.BROKEN, "magenta"),
    ("advised-failed", "advised", Outcome.FAILED, "yellow"),
    ("advised-broken", "advised", Outcome.BROKEN, "magenta"),
    ("waivers", "required", Outcome.WAIVED, "cyan"),
    ("waivers", "advised", Outcome.WAIVED, "cyan"),
)
_VERDICT_STYLES = {"accepted": "bold green", "not accepted": "bold red"}
_CELLS = {
    "failed": ("cell-failed", "red"),
    "broken": ("cell-broken", "magenta"),
    "waived": ("cell-waived", "cyan"),
    "left": ("cell-left", "dim"),
    "advice": ("cell-advice", "yellow"),
    "ok": ("ok", "green"),
    "none": ("", "dim"),
}


@dataclass(frozen=True)
class TerminalReport:
    """Shows results.

    Attributes:
        results: what to show.
        catalogue: where its sentences are.
        language: of everything that is shown.
        folder: where the run's files are; ``None`` where none were written.
        notes: lines about what else was written, and how earlier runs went.
    """

    results: Results
    catalogue: Catalogue
    language: Language
    folder: Path | None = None
    notes: Sequence[str] = ()

    def write(self, stream: TextIO, *, colours: bool, width: int) -> None:
        """Write to ``stream``; without colours nothing but plain text."""
        console = Console(
            file=stream,
            force_terminal=colours,
            no_color=not colours,
            color_system="standard" if colours else None,
            width=width,
            highlight=False,
            markup=False,
            emoji=False,
        )
        for part in self._parts():
            # Without a terminal lines are not broken: they are for grep and for logs.
            console.print(part, soft_wrap=not colours and isinstance(part, Text))

    def _parts(self) -> Iterable[RenderableType]:
        results, site = self.results, self.results.site
        stages = ", ".join(results.scope.stages) or phrase("own", self.language)
        yield Rule(f"ACP {site.release}: {stages} · {site.name}", characters="─")
        yield self._matrix()
        for name, severity, outcome, style in _SECTIONS:
            chosen = [item for item in results.verdicts if item.severity == severity and item.outcome is outcome]
            if chosen:
                yield Text()
                yield Text(f"{phrase(name, self.language)} ({len(chosen)})", style=f"bold {style}")
                yield from self._messages(chosen)
        yield from self._questions()
        yield from self._next_step()
        yield Text()
        yield from self._closing()

    def _next_step(self) -> Iterable[RenderableType]:
        """Say what is to be done next, after a failover."""
        step = self.results.next_step
        verdicts = [item for item in self.results.verdicts if step and item.requirement == step.requirement]
        if verdicts:
            yield Text()
            yield Text(phrase("next-step", self.language), style="bold")
            yield from self._messages(verdicts[:1])

    def _questions(self) -> Iterable[RenderableType]:
        asked = [item for item in self.results.questions if item.id in self.catalogue.questions]
        if asked:
            speaker = Speaker(self.catalogue, self.results.site.release, self.language)
            yield Text()
            yield Text(f"{phrase('questions', self.language)} ({len(asked)})", style="bold")
            for item in asked:
                yield Text(f"  [ ] {speaker.question(self.catalogue.questions[item.id], item.values)}")

    def _closing(self) -> Iterable[RenderableType]:
        results = self.results
        if results.run.interrupted:
            yield Text(phrase("interrupted", self.language), style="bold")
        if not results.site.release_verified:
            yield Text(phrase("unverified", self.language, release=results.site.release), style="yellow")
        if self.folder:
            yield Text(phrase("reports-in", self.language, folder=self.folder))
        yield from map(Text, self.notes)
        yield from self._idle_waivers()
        shown = [f"{count} {phrase(name, self.language)}" for name, count in results.counts.items() if count]
        verdict = Text(
            phrase(results.verdict, self.language), style=_VERDICT_STYLES.get(results.verdict, "bold yellow")
        )
        yield verdict.append(f": {', '.join(shown)}", style="not bold default")
        for reason in results.scope.partial:
            yield Text(f"  - {reason}", style="yellow")

    def _idle_waivers(self) -> Iterable[RenderableType]:
        """Name waivers of the stages that were run which do nothing any more; those are forgotten otherwise."""
        for state in ("unused", "expired"):
            names = [
                f"{item.requirement} ({item.targets}, {item.expires})"
                for item in self.results.waivers
                if item.state == state and item.requirement.split(".")[0] in self.results.scope.stages
            ]
            if names:
                yield Text(phrase(f"waivers-{state}", self.language, names=", ".join(names)), style="yellow")

    def _matrix(self) -> RenderableType:
        """Give the picture at a glance: nodes by areas, or the areas of a cluster, which has targets of many kinds."""
        if any(verdict.kind == "node" for verdict in self.results.verdicts):
            return self._targets_by_areas()
        return self._areas()

    def _areas(self) -> RenderableType:
        """Give a row for each area: what came of it, and which targets are to blame."""
        table = self._table("area")
        table.add_column("")
        table.add_column(phrase("target", self.language), no_wrap=True, overflow="ellipsis")
        for area, verdicts in by_area(self.results.verdicts).items():
            table.add_row(self._area(area), self._cell(cell_of(verdicts)), self._names(blamed(verdicts)))
        return table

    def _table(self, first: str) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        # Long names must not take the room of what is said of them.
        table.add_column(phrase(first, self.language), no_wrap=True, overflow="ellipsis", max_width=_FIRST_COLUMN)
        return table

    def _targets_by_areas(self) -> RenderableType:
        """Targets by areas; targets whose rows are the same share one."""
        areas, rows = rows_of_targets(self.results.verdicts)
        table = self._table("target")
        for area in areas:
            table.add_column(self._area(area))
        for row in rows:
            table.add_row(self._names(list(row.targets)), *map(self._cell, row.cells))
        return table

    def _area(self, area: str) -> str:
        return phrase("own", self.language) if area == OWN else area

    def _cell(self, cell: Cell) -> Text:
        text = "-" if cell.kind == "none" else phrase(_CELLS[cell.kind][0], self.language, count=cell.count)
        return Text(text, style=_CELLS[cell.kind][1])

    def _messages(self, verdicts: list[Verdict]) -> Iterable[RenderableType]:
        """Say each failure once, with all the targets that have it and, where that is the same, all requirements."""
        groups: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        for verdict in verdicts:
            requirements, targets = groups.setdefault(self._sentence(verdict), ({}, {}))
            requirements[verdict.requirement] = targets[verdict.target] = None
        for sentence, (requirements, targets) in groups.items():
            yield Text(f"  {self._names(list(requirements))}", style="dim")
            yield Text(f"  {sentence.replace(_TARGET, self._names(list(targets)), 1)}")

    def _sentence(self, verdict: Verdict) -> str:
        if was_unmeasured(verdict):
            sentence = unmeasured_message(verdict, self.language, _TARGET)
        elif verdict.own or not verdict.findings:
            sentence = f"{_TARGET}: {verdict.reason}"
        else:
            speaker = Speaker(self.catalogue, self.results.site.release, self.language)
            findings = [finding.model_dump() for finding in verdict.findings]
            sentence = speaker.message(verdict.requirement, _TARGET, findings, verdict.values)
        waiver = verdict.waiver
        if waiver:
            name = "waiver-expired" if waiver.expired else "waived-until"
            said = phrase(name, self.language, reason=waiver.reason, owner=waiver.owner, expires=waiver.expires)
            sentence += f" ({said})"
        return sentence

    def _names(self, targets: list[str]) -> str:
        shown = ", ".join(targets[:_NAMED_TARGETS])
        more = len(targets) - _NAMED_TARGETS
        return phrase("and-more", self.language, names=shown, count=more) if more > 0 else shown


_TARGET = "\0"
_FIRST_COLUMN = 48
